// The script of every page. Each module listens on the document, so that what htmx swaps in later
// works without being wired up. Nothing is evaluated from text: the pages run under a strict
// content security policy.
import htmx from "htmx.org/dist/htmx.esm.js";

import { moveCards } from "./board";
import { keepSelection } from "./bulk";
import { sortColumns } from "./columns";
import { askBeforeRequests } from "./confirm";
import { copyOnClick } from "./copy";
import { countDown } from "./countdown";
import { dropFiles } from "./drop";
import { enterOrders } from "./entry";
import { findWhileTyping } from "./finder";
import { keepFocus } from "./focus";
import { listenForKeys } from "./keys";
import { keepLive } from "./live";
import { closeMenus } from "./menus";
import { showNotices } from "./notices";
import { openPalette } from "./palette";
import { takeAddressesApart } from "./paste";
import { prepareRequests } from "./requests";
import { openSheets } from "./sheets";
import { rememberSidebar } from "./sidebar";
import { scanIntoForms } from "./scanning";
import { suggestWhileTyping } from "./suggest";
import { chooseTheme } from "./theme";
import { keepTimesRelative } from "./times";
import { sendFiles } from "./uploads";

htmx.config.allowEval = false;
htmx.config.includeIndicatorStyles = false;
htmx.config.selfRequestsOnly = true;
htmx.config.scrollIntoViewOnBoost = false;
// Pages name customers: none is kept in the browser's storage, going back asks for it anew.
htmx.config.historyCacheSize = 0;
htmx.config.refreshOnHistoryMiss = true;
// A refusal (4xx) carries a page that explains it: swap it in like any other answer.
htmx.config.responseHandling = [
  { code: "204", swap: false },
  { code: "304", swap: false },
  { code: "[23]..", swap: true },
  { code: "4..", swap: true, error: true },
  { code: "5..", swap: false, error: true },
];

askBeforeRequests();
chooseTheme();
closeMenus();
copyOnClick();
countDown();
dropFiles();
enterOrders();
findWhileTyping();
keepFocus();
keepLive();
keepSelection();
keepTimesRelative();
listenForKeys();
moveCards();
openPalette();
openSheets();
prepareRequests();
rememberSidebar();
sendFiles();
scanIntoForms();
showNotices();
sortColumns();
suggestWhileTyping();
takeAddressesApart();
