// Light, dark or as the device says. The choice is a cookie, so that the server writes
// <html data-theme="…"> itself and no page ever flashes in the wrong colours. Whoever is signed in
// has it kept at [data-theme-keep], for his other browsers; where that fails this one keeps it.
import { cookie } from "./requests";

const YEAR_IN_SECONDS = 31_536_000;

export function chooseTheme(): void {
  document.addEventListener("click", (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-theme-choice]");
    const choice = button?.dataset["themeChoice"];
    if (!choice) return;
    document.documentElement.dataset["theme"] = choice;
    document.cookie = `theme=${choice}; path=/; max-age=${YEAR_IN_SECONDS}; samesite=lax`;
    keep(choice);
    for (const other of document.querySelectorAll<HTMLElement>("[data-theme-choice]")) {
      other.setAttribute("aria-pressed", String(other.dataset["themeChoice"] === choice));
    }
  });
}

function keep(theme: string): void {
  const address = document.body.dataset["themeKeep"];
  const token = cookie("csrftoken");
  if (!address || !token) return;
  const headers = { "X-CSRFToken": token, "HX-Request": "true" };
  const body = new URLSearchParams({ theme });
  void fetch(address, { method: "POST", headers, body }).catch(() => undefined);
}
