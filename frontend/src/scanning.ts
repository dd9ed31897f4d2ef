// A form made for a scanner: <form data-scans> with <input data-scan>. Enter takes what is in the
// field, empties it at once and sends it, so that a quick scanner waits for nobody; what is scanned
// while a request is under way goes with the next one, in order.
const SETTLED_MILLISECONDS = 50;
const waiting: string[] = [];
let underWay = false;

function send(form: HTMLFormElement): void {
  const field = form.querySelector<HTMLInputElement>("[data-scan]");
  const button = form.querySelector<HTMLButtonElement>("[data-scan-send]");
  if (underWay || waiting.length === 0 || !field || !button) return;
  underWay = true;
  const typed = field.value;
  field.value = "";
  field.removeAttribute("name");
  const scans = document.createElement("textarea");
  scans.name = "scan";
  scans.hidden = true;
  scans.value = waiting.splice(0).join("\n");
  form.append(scans);
  form.requestSubmit(button);
  scans.remove();
  field.name = "scan";
  field.value = typed;
}

function onKey(event: KeyboardEvent): void {
  const field = event.target as HTMLInputElement;
  if (event.key !== "Enter" || event.isComposing || !field.matches?.("[data-scan]")) return;
  event.preventDefault();
  const code = field.value.trim();
  field.value = "";
  const form = field.form;
  if (!code || !form) return;
  waiting.push(code);
  send(form);
}

// Enter in another field of the form leads on to the next scan; it never sends anything by itself.
function onOther(event: KeyboardEvent): void {
  const field = event.target as HTMLElement;
  if (event.key !== "Enter" || !(field instanceof HTMLInputElement)) return;
  const form = field.closest<HTMLFormElement>("form[data-scans]");
  if (!form || field.matches("[data-scan]")) return;
  event.preventDefault();
  form.querySelector<HTMLInputElement>("[data-scan]")?.focus();
}

export function scanIntoForms(): void {
  document.addEventListener("keydown", onKey);
  document.addEventListener("keydown", onOther);
  document.addEventListener("htmx:afterRequest", (event) => {
    const form = (event.target as Element).closest?.<HTMLFormElement>("form[data-scans]");
    if (!form) return;
    // Once the answer's lines are in their place: the next request sends them along, and htmx reads
    // a form only when nothing of it is under way.
    setTimeout(() => {
      underWay = false;
      send(form);
    }, SETTLED_MILLISECONDS);
  });
}
