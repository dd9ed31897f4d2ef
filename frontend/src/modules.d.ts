declare module "htmx.org/dist/htmx.esm.js" {
  interface ResponseRule {
    code: string;
    swap: boolean;
    error?: boolean;
  }
  interface AjaxContext {
    source?: Element;
    swap?: string;
    target?: string;
    values?: Record<string, string>;
  }
  interface Htmx {
    ajax(verb: string, path: string, context: AjaxContext): Promise<void>;
    config: {
      allowEval: boolean;
      historyCacheSize: number;
      includeIndicatorStyles: boolean;
      refreshOnHistoryMiss: boolean;
      responseHandling: ResponseRule[];
      scrollIntoViewOnBoost: boolean;
      selfRequestsOnly: boolean;
    };
  }
  const htmx: Htmx;
  export default htmx;
}
