// Files dropped on a form with [data-file-drop] are sent by it; [data-print] prints the page.
function formOf(event: DragEvent): HTMLFormElement | null {
  const hasFiles = event.dataTransfer?.types.includes("Files") ?? false;
  const area = (event.target as Element).closest?.("#order-files, [data-file-drop]");
  const form = area?.matches("form") ? area : area?.querySelector("[data-file-drop]");
  return hasFiles && form instanceof HTMLFormElement ? form : null;
}

export function dropFiles(): void {
  document.addEventListener("dragover", (event) => {
    const form = formOf(event);
    if (!form) return;
    event.preventDefault();
    form.toggleAttribute("data-over", true);
  });
  document.addEventListener("dragleave", (event) => {
    formOf(event)?.removeAttribute("data-over");
  });
  document.addEventListener("drop", (event) => {
    const form = formOf(event);
    const field = form?.querySelector<HTMLInputElement>("input[type=file]");
    if (!form || !field || !event.dataTransfer) return;
    event.preventDefault();
    form.removeAttribute("data-over");
    field.files = event.dataTransfer.files;
    form.requestSubmit();
  });
  document.addEventListener("click", (event) => {
    if ((event.target as Element).closest("[data-print]")) window.print();
  });
}
