// The board: a card [data-card] is moved to a column [data-state] by the mouse, by Shift and the
// arrow keys, or by its menu. data-moves names the states that an act leads to now; where a card is
// dropped elsewhere the server says why not.
import htmx from "htmx.org/dist/htmx.esm.js";

let dragged: HTMLElement | null = null;

function columns(): HTMLElement[] {
  return [...document.querySelectorAll<HTMLElement>("#board [data-state]")];
}

function columnOf(card: Element): HTMLElement | null {
  return card.closest<HTMLElement>("[data-state]");
}

function movesOf(card: HTMLElement): string[] {
  return (card.dataset["moves"] ?? "").split(" ").filter(Boolean);
}

function move(card: HTMLElement, to: string): void {
  const address = card.dataset["move"];
  if (!address || columnOf(card)?.dataset["state"] === to) return;
  void htmx.ajax("POST", address, {
    source: card,
    swap: "none",
    values: { to, version: card.dataset["version"] ?? "" },
  });
}

function mark(card: HTMLElement | null): void {
  const allowed = card ? movesOf(card) : [];
  const home = card ? columnOf(card) : null;
  for (const column of columns()) {
    const isAllowed = allowed.includes(column.dataset["state"] ?? "");
    column.toggleAttribute("data-open", card !== null && isAllowed);
    column.toggleAttribute("data-shut", card !== null && !isAllowed && column !== home);
    column.removeAttribute("data-over");
  }
}

function onDragStart(event: DragEvent): void {
  const card = (event.target as Element).closest?.<HTMLElement>("[data-card]");
  if (!card || !event.dataTransfer) return;
  dragged = card;
  event.dataTransfer.effectAllowed = "move";
  event.dataTransfer.setData("text/plain", card.dataset["card"] ?? "");
  card.setAttribute("data-dragged", "");
  mark(card);
}

function onDragOver(event: DragEvent): void {
  const column = (event.target as Element).closest<HTMLElement>("#board [data-state]");
  if (!dragged || !column) return;
  event.preventDefault();
  for (const other of columns()) other.toggleAttribute("data-over", other === column);
}

function onDragEnd(): void {
  dragged?.removeAttribute("data-dragged");
  dragged = null;
  mark(null);
}

function onDrop(event: DragEvent): void {
  const column = (event.target as Element).closest<HTMLElement>("#board [data-state]");
  const card = dragged;
  if (!card || !column) return;
  event.preventDefault();
  onDragEnd();
  move(card, column.dataset["state"] ?? "");
}

function onKey(event: KeyboardEvent): void {
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  const card = (event.target as Element).closest?.<HTMLElement>("[data-card]");
  if (!step || !event.shiftKey || !card) return;
  const all = columns();
  const from = all.findIndex((column) => column === columnOf(card));
  const beyond = step > 0 ? all.slice(from + 1) : all.slice(0, Math.max(from, 0)).reverse();
  const allowed = movesOf(card);
  const next = beyond.find((one) => allowed.includes(one.dataset["state"] ?? "")) ?? beyond[0];
  if (!next) return;
  event.preventDefault();
  move(card, next.dataset["state"] ?? "");
}

export function moveCards(): void {
  document.addEventListener("dragstart", onDragStart);
  document.addEventListener("dragover", onDragOver);
  document.addEventListener("dragend", onDragEnd);
  document.addEventListener("drop", onDrop);
  document.addEventListener("keydown", onKey);
  // An act that asks for something first: its form opens over the board.
  document.addEventListener("openSheet", (event) => {
    const { address } = (event as CustomEvent<{ address: string }>).detail;
    void htmx.ajax("GET", address, { target: "#sheet", swap: "innerHTML" });
  });
}
