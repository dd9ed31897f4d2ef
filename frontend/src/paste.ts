// <textarea data-paste-address="/orders/-/address" data-paste-prefix="ship-">: a block of address
// text is taken apart by the server and fills the form's fields; what it does not say stays.
const WAIT_MILLISECONDS = 300;

function csrf(): string {
  const found = document.cookie.split("; ").find((one) => one.startsWith("csrftoken="));
  return found ? decodeURIComponent(found.slice("csrftoken=".length)) : "";
}

async function take(area: HTMLTextAreaElement): Promise<void> {
  const text = area.value.trim();
  const form = area.closest("form");
  if (!text || !form) return;
  const body = new URLSearchParams({ text });
  const headers = { "X-CSRFToken": csrf(), "HX-Request": "true" };
  const address = area.dataset["pasteAddress"] ?? "";
  const answer = await fetch(address, { method: "POST", body, headers }).catch(() => null);
  if (!answer?.ok || area.value.trim() !== text) return;
  const parts = (await answer.json()) as Record<string, string>;
  for (const [name, value] of Object.entries(parts)) {
    const field = form.elements.namedItem(`${area.dataset["pastePrefix"] ?? ""}${name}`);
    if (value && field instanceof HTMLInputElement) field.value = value;
    // Whoever gets the goods ordered them, unless somebody is named already.
    const person = area.dataset["pastePerson"];
    const same = person ? form.elements.namedItem(`${person}${name}`) : null;
    if (value && same instanceof HTMLInputElement && !same.value) same.value = value;
  }
  area.dispatchEvent(new Event("change", { bubbles: true }));
}

export function takeAddressesApart(): void {
  let timer = 0;
  document.addEventListener("input", (event) => {
    const area = event.target as HTMLTextAreaElement;
    if (!area.matches("[data-paste-address]")) return;
    clearTimeout(timer);
    timer = window.setTimeout(() => void take(area), WAIT_MILLISECONDS);
  });
}
