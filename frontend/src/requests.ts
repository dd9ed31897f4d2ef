// What every request of the page's script carries, and what the page shows when none gets through.
// A form or select with [data-submits] is sent as soon as something is chosen in it; a form with
// [data-lean] leaves its empty fields out of the address.
interface RequestConfig {
  headers: Record<string, string>;
  parameters: Record<string, unknown>;
  verb: string;
  elt: Element;
}

export function cookie(name: string): string | null {
  const found = document.cookie.split("; ").find((one) => one.startsWith(`${name}=`));
  return found ? decodeURIComponent(found.slice(name.length + 1)) : null;
}

function configure(event: Event): void {
  const config = (event as CustomEvent<RequestConfig>).detail;
  if (config.verb !== "get") {
    // The token changes when somebody signs in again in another tab; the cookie knows the present.
    const token = cookie("csrftoken");
    if (!token) return;
    config.headers["X-CSRFToken"] = token;
    if ("csrfmiddlewaretoken" in config.parameters) {
      config.parameters["csrfmiddlewaretoken"] = token;
    }
    return;
  }
  if (!config.elt.matches("[data-lean]")) return;
  for (const [name, value] of Object.entries(config.parameters)) {
    if (value === "") delete config.parameters[name];
  }
}

function showOffline(isOffline: boolean): void {
  document.documentElement.toggleAttribute("data-offline", isOffline);
}

export function prepareRequests(): void {
  document.addEventListener("htmx:configRequest", configure);
  document.addEventListener("htmx:sendError", () => showOffline(true));
  document.addEventListener("htmx:afterOnLoad", () => showOffline(false));
  document.addEventListener("change", (event) => {
    const chosen = (event.target as Element).closest("[data-submits]");
    const form = chosen instanceof HTMLFormElement ? chosen : chosen?.closest("form");
    form?.requestSubmit();
  });
}
