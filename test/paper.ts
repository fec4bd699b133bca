/** Reads PDFs for the tests, with readers that had no part in writing them. */
import { inflateSync } from "node:zlib";
import { PDFiumLibrary } from "@hyzyla/pdfium";

/** The text of each page. */
export async function pdfPages(bytes: Uint8Array): Promise<string[]> {
  const library = await PDFiumLibrary.init();
  try {
    const document = await library.loadDocument(bytes);
    const pages = [...document.pages()].map((page) => page.getText());
    document.destroy();
    return pages;
  } finally {
    library.destroy();
  }
}

/** The contents of all compressed streams of a PDF, in their order. */
export function pdfStreams(bytes: Uint8Array): Buffer[] {
  const file = Buffer.from(bytes);
  const streams: Buffer[] = [];
  for (let at = file.indexOf("stream\n"); at >= 0; at = file.indexOf("stream\n", at)) {
    const head = file.subarray(Math.max(0, at - 400), at).toString("latin1");
    const end = file.indexOf("\nendstream", at);
    const own = head.slice(head.lastIndexOf(" obj"));
    if (own.includes("/FlateDecode")) streams.push(inflateSync(file.subarray(at + "stream\n".length, end)));
    at = end + "\nendstream".length;
  }
  return streams;
}
