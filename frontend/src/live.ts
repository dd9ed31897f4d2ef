// Parts of a page that refresh themselves: an element with [data-live="#target"] asks htmx for the
// page now and then; data-tag on the target is the mark of what it shows. The server answers 304
// where nothing changed, and nothing is swapped. While somebody uses the part it is left alone.
interface RequestConfig {
  headers: Record<string, string>;
  elt: Element;
  triggeringEvent?: Event;
}

// What refreshes itself: the rows of the list, and the board.
const PARTS = ["list-live", "board"];

function targetOf(element: Element): HTMLElement | null {
  const selector = (element as HTMLElement).dataset["live"];
  return selector ? document.querySelector<HTMLElement>(selector) : null;
}

function isInUse(target: HTMLElement): boolean {
  return (
    document.hidden ||
    target.querySelector("details[open], [data-dragged]") !== null ||
    document.querySelector("dialog[open]") !== null
  );
}

export function keepLive(): void {
  document.addEventListener("htmx:configRequest", (event) => {
    const { elt, headers } = (event as CustomEvent<RequestConfig>).detail;
    const tag = targetOf(elt)?.dataset["tag"];
    if (tag) headers["If-None-Match"] = `"${tag}"`;
  });
  document.addEventListener("htmx:beforeRequest", (event) => {
    const { elt, requestConfig } = (
      event as CustomEvent<{ elt: Element; requestConfig: RequestConfig }>
    ).detail;
    const target = targetOf(elt);
    const isAsked = requestConfig.triggeringEvent?.type === "ordersChanged";
    if (target && !isAsked && isInUse(target)) event.preventDefault();
  });
  // The row that the keyboard was at, and how far the part was scrolled sideways.
  let current = "";
  let scrolled = 0;
  document.addEventListener("htmx:beforeSwap", (event) => {
    const target = event.target as Element;
    if (!PARTS.includes(target.id)) return;
    current = document.querySelector("[data-row][aria-current]")?.id ?? "";
    scrolled = target.scrollLeft;
  });
  document.addEventListener("htmx:afterSwap", () => {
    for (const id of PARTS) {
      const part = document.getElementById(id);
      if (part && scrolled) part.scrollLeft = scrolled;
    }
    scrolled = 0;
  });
  // Not before: while it settles htmx sets each attribute to what the new part says.
  document.addEventListener("htmx:afterSettle", () => {
    if (current) document.getElementById(current)?.setAttribute("aria-current", "true");
    current = "";
  });
}
