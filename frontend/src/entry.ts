// A form with [data-entry]: its rows go with [data-row-off], a select with [data-refreshes] asks for
// the form anew, Ctrl+Enter places, and leaving with something typed asks first.
function tell(form: HTMLElement): void {
  const empty = form.querySelector<HTMLElement>("[data-entry-empty]");
  if (empty) empty.hidden = form.querySelector("[data-entry-row]") !== null;
}

function onClick(event: MouseEvent): void {
  const button = (event.target as Element).closest("[data-row-off]");
  const form = button?.closest<HTMLElement>("[data-entry]");
  const row = button?.closest<HTMLElement>("[data-entry-row]");
  if (!form || !row) return;
  const next = row.nextElementSibling ?? row.previousElementSibling;
  row.remove();
  tell(form);
  (next?.querySelector<HTMLElement>("input:not([type=hidden])") ??
    form.querySelector<HTMLElement>("[role=combobox]"))?.focus();
  document.body.dispatchEvent(new CustomEvent("linesChanged"));
}

function onKey(event: KeyboardEvent): void {
  const form = (event.target as Element).closest("[data-entry]");
  if (!form || event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  form.querySelector<HTMLElement>(".btn-send")?.click();
}

// Totals that are still asked for when the form itself is sent have nowhere to go afterwards.
function stopTotals(event: Event): void {
  const source = (event as CustomEvent<{ elt: Element }>).detail.elt;
  if (!source.matches("form[data-entry], [data-entry] button:not([data-adds]), [data-entry] a")) return;
  document
    .querySelector("#entry-totals")
    ?.dispatchEvent(new CustomEvent("htmx:abort", { bubbles: true }));
}

export function enterOrders(): void {
  let isDirty = false;
  document.addEventListener("htmx:beforeRequest", stopTotals);
  document.addEventListener("htmx:beforeSwap", stopTotals);
  document.addEventListener("click", onClick);
  document.addEventListener("keydown", onKey);
  document.addEventListener("input", (event) => {
    if ((event.target as Element).closest("[data-entry]")) isDirty = true;
  });
  document.addEventListener("change", (event) => {
    const chosen = (event.target as Element).closest("[data-refreshes]");
    chosen?.closest("form")?.querySelector<HTMLElement>("[value=refresh]")?.click();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    const target = event.target as HTMLElement;
    const form = target.closest<HTMLElement>("[data-entry]");
    if (target.id === "entry-rows" && form) {
      isDirty = true;
      tell(form);
    }
  });
  // Saved as a draft, placed or given up: the server's answer stands in the page then.
  document.addEventListener("htmx:afterOnLoad", (event) => {
    const { xhr } = (event as CustomEvent<{ xhr: XMLHttpRequest }>).detail;
    if (xhr.getResponseHeader("HX-Push-Url") || xhr.getResponseHeader("HX-Redirect")) isDirty = false;
  });
  window.addEventListener("beforeunload", (event) => {
    if (isDirty && document.querySelector("[data-entry]#order-form")) event.preventDefault();
  });
}
