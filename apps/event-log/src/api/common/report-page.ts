import type { ServerResponse } from 'node:http';

/**
 * The page is a document of its own, made to be opened from a disk: what it needs is in it. In a sandbox it is of no origin, and can
 * ask this service nothing.
 */
const PAGE_POLICY =
  "sandbox allow-scripts allow-downloads; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:";

/** Answers with a report as it was written. */
export function sendReport(response: ServerResponse, page: string): void {
  response.setHeader('content-security-policy', PAGE_POLICY);
  response.setHeader('content-type', 'text/html; charset=utf-8');
  response.end(page);
}
