/** Dates of GS1 element strings: six digits YYMMDD, whose century is told by the year in which they are read. */
import { err, ok, type Result } from "../kernel/result.ts";

/** Days of a month (1 to 12) of the Gregorian calendar. */
export function daysInMonth(year: number, month: number): number {
  const leap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
}

/**
 * The date as `2026-03-31`. GS1 General Specifications, "Determination of century in dates": a year more than 50 ahead
 * of `currentYear` (four digits) lies in the century before, one more than 49 behind in the next. Day 00 is the last
 * day of the month. Error: a sentence without its subject, such as "has month 13".
 */
export function readGs1Date(yymmdd: string, currentYear: number): Result<string, string> {
  const shape = wrongShape(yymmdd);
  if (shape !== null) return err(shape);
  const [yy, month, day] = parts(yymmdd);
  const ahead = yy - (currentYear % 100);
  const century = Math.floor(currentYear / 100) + (ahead > 50 ? -1 : ahead < -49 ? 1 : 0);
  const year = century * 100 + yy;
  const last = daysInMonth(year, month);
  if (day > last) return err(`has day ${day} in a month of ${last} days`);
  return ok(`${year}-${two(month)}-${two(day === 0 ? last : day)}`);
}

/** `2026-03-31` as `260331`. Error: a sentence without its subject. */
export function writeGs1Date(date: string): Result<string, string> {
  const found = /^(\d{4})-(\d\d)-(\d\d)$/.exec(date);
  if (found === null) return err("is no date in the form 2026-03-31");
  const [year, month, day] = [Number(found[1]), Number(found[2]), Number(found[3])];
  if (month < 1 || month > 12) return err(`has month ${month}`);
  if (day < 1 || day > daysInMonth(year, month)) return err(`has day ${day} in month ${month}`);
  return ok(`${two(year % 100)}${two(month)}${two(day)}`);
}

/** What makes six digits no date in any century, as a sentence without its subject; null when nothing does. */
export function wrongShape(yymmdd: string): string | null {
  if (!/^\d{6}$/.test(yymmdd)) return "is not six digits YYMMDD";
  const [yy, month, day] = parts(yymmdd);
  if (month < 1 || month > 12) return `has month ${two(month)}`;
  // Of the years that two digits can mean, one may be a leap year although 2100 is not: the year 2000 is.
  const last = daysInMonth(2000 + yy, month);
  return day > last ? `has day ${two(day)} in a month of ${last} days` : null;
}

function parts(yymmdd: string): [yy: number, month: number, day: number] {
  return [Number(yymmdd.slice(0, 2)), Number(yymmdd.slice(2, 4)), Number(yymmdd.slice(4))];
}

function two(value: number): string {
  return String(value).padStart(2, "0");
}
