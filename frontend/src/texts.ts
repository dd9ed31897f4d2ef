// Words that the script itself shows. The page carries them in its own language:
// <script id="texts" type="application/json">{"confirm": "确定", …}</script>
const english = {
  allSelected: "All that match are selected",
  cancel: "Cancel",
  confirm: "Confirm",
  copied: "Copied",
  failed: "That did not work. Nothing was changed; please try again.",
  offline: "No connection. Nothing was sent; please try again.",
  selected: "{count} selected",
  undo: "Undo",
};

export type TextName = keyof typeof english;

function ofPage(): Partial<Record<TextName, string>> {
  const element = document.getElementById("texts");
  return element?.textContent ? JSON.parse(element.textContent) : {};
}

export function text(name: TextName): string {
  return ofPage()[name] ?? english[name];
}
