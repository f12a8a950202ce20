// The libraries, by the addresses that the service gives them: what every view needs of them. `directives.js` has what few do.
export { html, nothing, render, svg } from '/console/vendor/lit-html/lit-html.js';

/** @typedef {import('/console/vendor/lit-html/lit-html.js').TemplateResult} TemplateResult */
/** What may stand between tags. @typedef {unknown} Part */

/** @type {Promise<unknown> | undefined} */
let plotStyle;

/** The library that draws charts is loaded by who draws one, and with it how it looks, which our own style then changes. */
export async function loadPlot() {
  plotStyle ??= new Promise((loaded, failed) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = '/console/vendor/uplot/uPlot.min.css';
    link.addEventListener('load', loaded);
    link.addEventListener('error', failed);
    document.head.prepend(link);
  });
  const [library] = await Promise.all([import('/console/vendor/uplot/uPlot.esm.js'), plotStyle]);
  return library.default;
}
