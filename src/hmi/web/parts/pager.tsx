/** Paging instead of scrolling (R1). */
import { Button } from "./button.tsx";

interface PagerProps {
  readonly page: number;
  readonly pages: number;
  readonly onPage: (page: number) => void;
  readonly what: string;
}

/** Two buttons and where one is; nothing at all for a single page. */
export function Pager({ page, pages, onPage, what }: PagerProps) {
  if (pages < 2) return null;
  return (
    <div class="pager">
      <Button label={`◀ ${what}`} disabled={page === 0} onPress={() => onPage(page - 1)} />
      <span>
        {page + 1} of {pages}
      </span>
      <Button label={`${what} ▶`} disabled={page >= pages - 1} onPress={() => onPage(page + 1)} />
    </div>
  );
}
