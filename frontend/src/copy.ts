// <button data-copy="T2026-0001"> puts its text on the clipboard.
import { showNotice } from "./notices";
import { text } from "./texts";

export function copyOnClick(): void {
  document.addEventListener("click", async (event) => {
    const button = (event.target as Element).closest<HTMLElement>("[data-copy]");
    if (!button) return;
    event.preventDefault();
    await navigator.clipboard.writeText(button.dataset["copy"] ?? "");
    showNotice({ level: "success", text: text("copied") });
  });
}
