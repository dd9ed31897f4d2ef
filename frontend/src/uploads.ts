// A form with [data-uploads] sends its file with a bar that moves ([data-upload-bar]); without the
// script the browser sends it as any other form. A file may be dropped anywhere on its label.
function send(form: HTMLFormElement, bar: HTMLProgressElement): void {
  const request = new XMLHttpRequest();
  request.open("POST", form.action);
  request.responseType = "document";
  request.upload.addEventListener("progress", (event) => {
    if (event.lengthComputable) bar.value = (event.loaded / event.total) * 100;
  });
  request.addEventListener("load", () => {
    const page = request.responseXML;
    if (request.status < 400 && request.responseURL !== location.href) {
      location.assign(request.responseURL);
      return;
    }
    // Refused: the same page with what is wrong with the file.
    const main = page?.querySelector("#main");
    if (main) document.querySelector("#main")?.replaceWith(document.adoptNode(main));
    else form.submit();
  });
  request.addEventListener("error", () => {
    bar.hidden = true;
    document.documentElement.toggleAttribute("data-offline", true);
  });
  bar.hidden = false;
  request.send(new FormData(form));
}

export function sendFiles(): void {
  document.addEventListener("submit", (event) => {
    const form = event.target as HTMLFormElement;
    const bar = form.querySelector<HTMLProgressElement>("[data-upload-bar]");
    if (!form.matches("[data-uploads]") || !bar) return;
    event.preventDefault();
    send(form, bar);
  });
  for (const name of ["dragover", "dragleave", "drop"] as const) {
    document.addEventListener(name, (event) => {
      const zone = (event.target as Element).closest<HTMLElement>("[data-uploads] label");
      const input = zone?.querySelector<HTMLInputElement>("input[type=file]");
      if (!zone || !input) return;
      event.preventDefault();
      zone.toggleAttribute("data-over", name === "dragover");
      const files = event.dataTransfer?.files;
      if (name === "drop" && files?.length) input.files = files;
    });
  }
}
