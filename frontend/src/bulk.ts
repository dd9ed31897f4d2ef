// Ticked rows of a list, and the bar of what can be done with them.
// <tr data-row data-acts="approve ship" data-amount="12.50" data-currency="CNY" data-shown-amount="¥12.50">
// holds a checkbox named "id"; form[data-bulk] is the bar: [data-bulk-count], [data-bulk-sum],
// [data-bulk-act="approve"] with [data-bulk-share], [data-bulk-all], [data-bulk-clear], [data-scope].
// What is ticked survives a refresh of the rows, and ends with the page of the list.
import { text } from "./texts";

const ticked = new Set<string>();
let last: HTMLInputElement | null = null;
let isAll = false;

function boxes(): HTMLInputElement[] {
  return [...document.querySelectorAll<HTMLInputElement>("[data-row] input[name=id]")];
}

function rowOf(box: HTMLInputElement): HTMLElement | null {
  return box.closest<HTMLElement>("[data-row]");
}

/** Adds decimal texts without losing a cent: as whole numbers of the smallest unit. */
function sum(amounts: string[]): string {
  const decimals = Math.max(0, ...amounts.map((one) => (one.split(".")[1] ?? "").length));
  const whole = amounts.reduce((total, one) => {
    const [before = "0", after = ""] = one.split(".");
    return total + BigInt(before + after.padEnd(decimals, "0"));
  }, 0n);
  const digits = (whole < 0n ? -whole : whole).toString().padStart(decimals + 1, "0");
  const front = digits.slice(0, digits.length - decimals).replace(/\B(?=(\d{3})+$)/g, ",");
  const sign = whole < 0n ? "-" : "";
  return decimals ? `${sign}${front}.${digits.slice(-decimals)}` : sign + front;
}

function sums(rows: HTMLElement[]): string {
  const byCurrency = new Map<string, HTMLElement[]>();
  for (const row of rows) {
    const currency = row.dataset["currency"] ?? "";
    byCurrency.set(currency, [...(byCurrency.get(currency) ?? []), row]);
  }
  return [...byCurrency.values()]
    .map((same) => {
      const before = (same[0]?.dataset["shownAmount"] ?? "").replace(/[\d.,\-\s]+$/, "").replace(/^-/, "");
      const space = /[A-Z]$/.test(before) ? "\u00a0" : "";
      return before + space + sum(same.map((row) => row.dataset["amount"] ?? "0"));
    })
    .join(" · ");
}

function show(): void {
  const all = boxes();
  for (const box of all) box.checked = ticked.has(box.value);
  const whole = document.querySelector<HTMLInputElement>("[data-select-all]");
  if (whole) {
    whole.checked = all.length > 0 && ticked.size === all.length;
    whole.indeterminate = ticked.size > 0 && ticked.size < all.length;
  }
  const bar = document.querySelector<HTMLFormElement>("form[data-bulk]");
  if (!bar) return;
  bar.hidden = ticked.size === 0;
  if (ticked.size === 0) isAll = false;
  const rows = all.filter((box) => box.checked).map((box) => rowOf(box));
  fill(bar, rows.filter((row) => row !== null));
}

function fill(bar: HTMLFormElement, rows: HTMLElement[]): void {
  const scope = bar.querySelector<HTMLInputElement>("[data-scope]");
  if (scope) scope.value = isAll ? "all" : "page";
  const count = bar.querySelector("[data-bulk-count]");
  if (count) {
    count.textContent = isAll
      ? text("allSelected")
      : text("selected").replace("{count}", rows.length.toLocaleString("en"));
  }
  const total = bar.querySelector("[data-bulk-sum]");
  if (total) total.textContent = isAll ? "" : sums(rows);
  bar.querySelector("[data-bulk-all]")?.setAttribute("aria-pressed", String(isAll));
  for (const button of bar.querySelectorAll<HTMLElement>("[data-bulk-act]")) {
    const name = button.dataset["bulkAct"] ?? "";
    const able = rows.filter((row) => (row.dataset["acts"] ?? "").split(" ").includes(name)).length;
    button.hidden = able === 0 && !isAll;
    const share = button.querySelector("[data-bulk-share]");
    if (share) share.textContent = isAll || able === rows.length ? "" : String(able);
  }
}

function tick(box: HTMLInputElement, isRange: boolean): void {
  const all = boxes();
  const from = last ? all.findIndex((one) => one.value === last?.value) : -1;
  const to = all.indexOf(box);
  const range = isRange && from >= 0 ? all.slice(Math.min(from, to), Math.max(from, to) + 1) : [box];
  for (const one of range) {
    if (box.checked) ticked.add(one.value);
    else ticked.delete(one.value);
  }
  isAll = false;
  last = box;
  show();
}

/** Ticks the row that the keyboard is at; with a range all rows since the last one. */
export function tickRow(row: HTMLElement | null, isRange: boolean): void {
  const box = row?.querySelector<HTMLInputElement>("input[name=id]");
  if (!box) return;
  box.checked = isRange || !box.checked;
  tick(box, isRange);
}

function clear(): void {
  ticked.clear();
  isAll = false;
  last = null;
  show();
}

function onClick(event: MouseEvent): void {
  const target = event.target as Element;
  const box = target.closest<HTMLInputElement>("[data-row] input[name=id]");
  if (box) return tick(box, event.shiftKey);
  const whole = target.closest<HTMLInputElement>("[data-select-all]");
  if (whole) {
    for (const one of boxes()) {
      if (whole.checked) ticked.add(one.value);
      else ticked.delete(one.value);
    }
    isAll = false;
    return show();
  }
  if (target.closest("[data-bulk-clear]")) return clear();
  if (target.closest("[data-bulk-all]")) {
    isAll = !isAll;
    for (const one of boxes()) ticked.add(one.value);
    show();
  }
}

export function keepSelection(): void {
  document.addEventListener("click", onClick);
  document.addEventListener("selectionDone", clear);
  document.addEventListener("htmx:afterSettle", (event) => {
    const target = event.target as HTMLElement;
    // Another page of the list, another filter: what was ticked is not there any more.
    if (target.id === "orders") return clear();
    if (target.id !== "list-live") return;
    const present = new Set(boxes().map((box) => box.value));
    for (const id of ticked) if (!present.has(id)) ticked.delete(id);
    show();
  });
}
