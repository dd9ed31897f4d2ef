// [data-sortable]: its items move up and down by their buttons with [data-step="-1"] and "1".
export function sortColumns(): void {
  document.addEventListener("click", (event) => {
    const target = event.target as Element;
    const shut = target.closest("[data-shut]");
    if (shut) shut.closest("dialog")?.close();
    const button = target.closest<HTMLElement>("[data-sortable] [data-step]");
    const item = button?.closest("li");
    if (!button || !item) return;
    if (button.dataset["step"] === "-1") item.previousElementSibling?.before(item);
    else item.nextElementSibling?.after(item);
    button.focus();
  });
  // The dialog stands beside the part that is swapped: it sends the address that is shown now.
  document.addEventListener("submit", (event) => {
    const query = (event.target as Element).querySelector<HTMLInputElement>("[data-query]");
    if (query) query.value = location.search.slice(1);
  });
}
