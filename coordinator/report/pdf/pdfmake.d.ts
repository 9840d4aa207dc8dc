/**
 * The little of pdfmake that is used, for the compiler: the package has no types of its own, and need not be installed.
 * Used by plain-pdf.ts.
 */
declare module "pdfmake" {
  interface Pdfmake {
    addFonts(fonts: unknown): void;
    setUrlAccessPolicy(policy: (url: string) => boolean): void;
    setLocalAccessPolicy(policy: (path: string) => boolean): void;
    createPdf(document: unknown): { getBuffer(): Promise<Uint8Array> };
  }
  const pdfmake: Pdfmake;
  export = pdfmake;
}

declare module "pdfmake/fonts/Roboto.js" {
  const fonts: { readonly Roboto: { readonly normal: string } };
  export = fonts;
}
