// What a text takes, counted as it is typed and as the server counts.

/** The GSM alphabet (3GPP TS 23.038): characters of one septet, then those of two. */
const BASIC = new Set("@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà");
const EXTENSION = new Set("\f^{}\\[~]|€");

/** The segments of a text, and how much more fits into the last one. */
export function segmentsOf(text) {
  const characters = [...text];
  const gsm = characters.every((character) => BASIC.has(character) || EXTENSION.has(character));
  const size = (character) => (gsm ? (EXTENSION.has(character) ? 2 : 1) : character.length);
  const [alone, part] = gsm ? [160, 153] : [70, 67];
  const alphabet = gsm ? "" : " (Unicode)";
  const units = characters.reduce((sum, character) => sum + size(character), 0);
  if (units <= alone) return { segments: 1, left: alone - units, alphabet };
  let segments = 1, used = 0;
  for (const character of characters) {
    // A character of two units is never split.
    if (used + size(character) > part) {
      segments += 1;
      used = 0;
    }
    used += size(character);
  }
  return { segments, left: part - used, alphabet };
}
