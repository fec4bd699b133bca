/** The schema of central QA on PostgreSQL as numbered steps of plain SQL; a step that was released is never changed. */

const records = ["log", "entry", "head", "cosigned", "fork", "quarantine", "decision", "review"];
const refusalsOf = (tables: readonly string[]) =>
  tables
    .map(
      (table) =>
        `CREATE TRIGGER ${table}_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table} ` +
        "FOR EACH STATEMENT EXECUTE FUNCTION cellward_qa_refuse();",
    )
    .join("\n");

const first = `
  CREATE TABLE log (origin text PRIMARY KEY);
  CREATE TABLE entry (
    origin text NOT NULL, seq bigint NOT NULL CHECK (seq >= 0), leaf bytea NOT NULL CHECK (length(leaf) = 32),
    digest text NOT NULL, job text, type text NOT NULL, at bigint NOT NULL, received_at bigint NOT NULL,
    entry bytea NOT NULL, body bytea NOT NULL, PRIMARY KEY (origin, seq)
  );
  CREATE INDEX entry_job ON entry (origin, job, seq) WHERE job IS NOT NULL;
  CREATE TABLE head (
    origin text NOT NULL, size bigint NOT NULL CHECK (size > 0), frontier bytea NOT NULL, prev text NOT NULL,
    boot bigint NOT NULL, checkpoint text NOT NULL, received_at bigint NOT NULL, PRIMARY KEY (origin, size)
  );
  CREATE TABLE cosigned (
    origin text NOT NULL, size bigint NOT NULL, note text NOT NULL, PRIMARY KEY (origin, size),
    FOREIGN KEY (origin, size) REFERENCES head (origin, size)
  );
  CREATE TABLE fork (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, origin text NOT NULL, size bigint NOT NULL, held text,
    other text NOT NULL, what text NOT NULL, at bigint NOT NULL
  );
  -- A note may be too long for an index; its hash only keeps the same evidence from being filed twice.
  CREATE UNIQUE INDEX fork_once ON fork (origin, md5(other));
  CREATE TABLE quarantine (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, cell text NOT NULL, digest text NOT NULL, bytes bigint NOT NULL,
    code text NOT NULL, what text NOT NULL, at bigint NOT NULL, message bytea, UNIQUE (cell, digest)
  );
  CREATE TABLE decision (
    id text PRIMARY KEY, origin text NOT NULL, envelope text NOT NULL, person text, at bigint NOT NULL
  );
  CREATE TABLE review (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, item text NOT NULL, person text NOT NULL, reason text NOT NULL,
    at bigint NOT NULL
  );
  CREATE TABLE heard (cell text PRIMARY KEY, at bigint NOT NULL);
  CREATE FUNCTION cellward_qa_refuse() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN RAISE EXCEPTION ''nothing at central QA is ever edited''; END';
  ${refusalsOf(records)}
`;

const second = `
  -- Made from the entries, and made again whenever it is wanted: the one table that may be emptied.
  CREATE TABLE made_with (
    part text COLLATE "C" NOT NULL, whole text COLLATE "C" NOT NULL, origin text NOT NULL, seq bigint NOT NULL,
    PRIMARY KEY (part, whole, origin)
  );
  CREATE INDEX made_with_parts ON made_with (whole, part);
  CREATE TABLE indexed (origin text PRIMARY KEY, size bigint NOT NULL);
  CREATE TABLE status (
    origin text PRIMARY KEY, boot bigint NOT NULL, counter bigint NOT NULL, note text NOT NULL,
    received_at bigint NOT NULL
  );
  CREATE TABLE alarm (id text PRIMARY KEY, cell text NOT NULL, code text NOT NULL, what text NOT NULL, at bigint NOT NULL);
  CREATE INDEX alarm_cell ON alarm (cell);
  ${refusalsOf(["alarm"])}
`;

/** Entries that nobody can read, cosignatures that cells have shown, and the count of what is not kept. */
const third = `
  ALTER TABLE quarantine ADD COLUMN seq bigint;
  CREATE INDEX entry_unread ON entry (origin, digest) WHERE type = '(unread)';
  CREATE TABLE vouched (origin text NOT NULL, size bigint NOT NULL, note text NOT NULL, PRIMARY KEY (origin, size));
  CREATE TABLE dropped (cell text PRIMARY KEY, messages bigint NOT NULL, bytes bigint NOT NULL);
  ${refusalsOf(["vouched"])}
`;

/** Step 1 stands first. */
export const migrations: readonly string[] = [first, second, third];
