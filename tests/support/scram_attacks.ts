import { utf8 } from "./bytes.ts";

const LETTERS =
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/** A letter of Base64 that differs from `letter` in its last bit alone. */
function twin(letter: string): string {
  return LETTERS[LETTERS.indexOf(letter) ^ 1];
}

/** Second messages of SCRAM that no server may take, made of a right one. */
export const SPOILT_FINALS: readonly [
  what: string,
  change: (final: string) => string,
][] = [
  ["a proof of another length", (final) => final.replace(/p=.*/, "p=AAAA")],
  ["no proof", (final) => final.replace(/,p=.*/, "")],
  ["another nonce", (final) => final.replace(/,r=./, ",r=~")],
  ["the client's nonce alone", (final) => final.replace(/,r=.{36}/, ",r=")],
  ["another binding", (final) => final.replace("c=biws", "c=eSws")],
  [
    "the last letter of its proof changed in bits that mean nothing",
    (final) => final.replace(/.=$/, (end) => `${twin(end[0])}=`),
  ],
  ["a proof without its padding", (final) => final.replace(/=$/, "")],
  ["more padding than its proof needs", (final) => `${final}=`],
  ["a space in its proof", (final) => final.replace(/(?=.{8}$)/, " ")],
  [
    "the last letter of its binding changed in bits that mean nothing",
    (final) => final.replace("c=biws", "c=biwt"),
  ],
  ["nothing", () => ""],
  ["no SCRAM at all", () => "hello"],
];

/** First messages that are refused with 0x82; null for no data at all. */
export const WRONG_FIRSTS: readonly [
  what: string,
  bytes: Uint8Array | null,
][] = [
  ["nothing", null],
  ["an empty message", new Uint8Array(0)],
  ["no SCRAM", utf8("hello")],
  ["no nonce", utf8("n,,n=ann")],
  ["no name", utf8("n,,n=,r=abc")],
  ["a name with a bare equals sign", utf8("n,,n=a=b,r=abc")],
  ["channel binding", utf8("p=tls-unique,,n=ann,r=abc")],
  ["an unknown extension", utf8("n,,m=x,n=ann,r=abc")],
  ["the name of another", utf8("n,a=bob,n=ann,r=abc")],
  ["a name with a control character", utf8("n,,n=a\u0001,r=abc")],
  ["bytes that are no UTF-8", Uint8Array.of(0x6e, 0x2c, 0x2c, 0xff)],
  ["a message without end", utf8(`n,,n=ann,r=${"x".repeat(5000)}`)],
  ["a nonce without end", utf8(`n,,n=ann,r=${"x".repeat(600)}`)],
];
