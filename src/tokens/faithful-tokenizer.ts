import {
  BPE,
  ByteFallbackDecoder,
  type Decoder,
  type Normalizer,
  PrecompiledNormalizer,
  type PreTokenizer,
  SequenceDecoder,
  SequenceNormalizer,
  SequencePreTokenizer,
  Tokenizer,
} from '@huggingface/tokenizers';
import { mergePairs } from './merge-pairs.ts';
import { PrecompiledCharsmap } from './precompiled-charsmap.ts';
import { unicodeSpaces } from './unicode-space.ts';

/**
 * The package's tokenizer, mended where it differs from Python's (0.2.0 against tokenizers 0.23, by the texts of
 * test/fixtures/tokens): compiled normalization is read from the file, a byte order mark survives byte fallback, and spaces in
 * patterns are Unicode's. A long piece is merged in a third of the time, one of
 * 65,000 spaces in a fifth.
 *
 * @throws Error where the definition is not a tokenizer
 */
export function faithfulTokenizer(definition: object, config: object): Tokenizer {
  const tokenizer = new Tokenizer({ added_tokens: [], ...definition }, config);
  for (const normalizer of normalizers(tokenizer.normalizer)) {
    if (normalizer instanceof PrecompiledNormalizer && normalizer.charsmap) compile(normalizer);
  }
  for (const pretokenizer of pretokenizers(tokenizer.pre_tokenizer)) {
    if ('pattern' in pretokenizer && pretokenizer.pattern instanceof RegExp) {
      Object.assign(pretokenizer, { pattern: unicodeSpaces(pretokenizer.pattern) });
    }
  }
  if (tokenizer.model instanceof BPE) mergeLongPieces(tokenizer.model);
  for (const decoder of decoders(tokenizer.decoder)) {
    if (decoder instanceof ByteFallbackDecoder) keepByteOrderMarks(decoder);
  }
  return tokenizer;
}

function compile(normalizer: PrecompiledNormalizer): void {
  const charsmap = new PrecompiledCharsmap(String(normalizer.charsmap));
  normalizer.normalize = (text) => charsmap.normalize(text);
}

// A piece that is shorter is mostly a word: the package keeps what it was encoded to.
const LONG = 256;

/** The same tokens, from arrays of numbers in place of linked objects and pairs written as JSON. */
function mergeLongPieces(model: BPE): void {
  if (model.config.end_of_word_suffix || model.continuing_subword_suffix) return;
  const short = model.bpe.bind(model);
  const rankOf = (left: string, right: string) => model.bpe_ranks.get(JSON.stringify([left, right]));
  model.bpe = (piece) => (piece.length < LONG ? short(piece) : mergePairs(Array.from(piece), rankOf));
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** Its TextDecoder drops a mark at the beginning of each run of bytes: it is given one to drop. */
function keepByteOrderMarks(decoder: ByteFallbackDecoder): void {
  const { text_decoder: bytes } = decoder;
  const decode = (run: Uint8Array) => bytes.decode(Uint8Array.from([...BYTE_ORDER_MARK, ...run]));
  Object.assign(decoder, { text_decoder: { decode } });
}

function normalizers(normalizer: Normalizer | null): Normalizer[] {
  if (normalizer instanceof SequenceNormalizer) return normalizer.normalizers.flatMap(normalizers);
  return normalizer ? [normalizer] : [];
}

function pretokenizers(pretokenizer: PreTokenizer | null): PreTokenizer[] {
  if (pretokenizer instanceof SequencePreTokenizer) return pretokenizer.tokenizers.flatMap(pretokenizers);
  return pretokenizer ? [pretokenizer] : [];
}

function decoders(decoder: Decoder | null): Decoder[] {
  if (decoder instanceof SequenceDecoder) return decoder.decoders.flatMap(decoders);
  return decoder ? [decoder] : [];
}
