# SPDX-License-Identifier: Apache-2.0
"""A small SentencePiece-style tokenizer: BPE trained by frequency, encoded as llama.cpp's SPM tokenizer does.

Vocabulary: 0 <unk>, 1 <s>, 2 </s>, 3..258 the 256 byte tokens, then merged pieces (score = -rank) and last the single
characters. Characters too rare for a piece of their own are spelt with byte tokens.
"""
import collections
import heapq

UNKNOWN_ID, BOS_ID, EOS_ID, FIRST_BYTE_ID = 0, 1, 2, 3
SPACE = "\u2581"
TYPE_NORMAL, TYPE_UNKNOWN, TYPE_CONTROL, TYPE_BYTE = 1, 2, 3, 6


def _merge_pair(symbols, pair):
    """Joins every occurrence of `pair`, from the left."""
    merged, index = [], 0
    while index < len(symbols):
        if index + 1 < len(symbols) and (symbols[index], symbols[index + 1]) == pair:
            merged.append(symbols[index] + symbols[index + 1])
            index += 2
        else:
            merged.append(symbols[index])
            index += 1
    return merged


def _best_pair(words, counts):
    """The most frequent adjacent pair; ties go to the alphabetically first, so that training is reproducible."""
    pairs = collections.Counter()
    for symbols, count in zip(words, counts):
        for pair in zip(symbols, symbols[1:]):
            pairs[pair] += count
    return min(pairs, key=lambda pair: (-pairs[pair], pair)) if pairs else None


def train_bpe(texts, vocab_size=512, character_coverage=0.9995):
    """Returns (pieces, scores, types) of a vocabulary with exactly `vocab_size` entries."""
    word_counts = collections.Counter()
    for text in texts:
        word_counts.update(SPACE + word for word in text.split(" "))
    characters = collections.Counter()
    for word, count in word_counts.items():
        for character in word:
            characters[character] += count
    alphabet, covered, total = [], 0, sum(characters.values())
    for character, count in sorted(characters.items(), key=lambda item: (-item[1], item[0])):
        if covered >= character_coverage * total:
            break
        alphabet.append(character)
        covered += count
    merge_count = vocab_size - (FIRST_BYTE_ID + 256) - len(alphabet)
    merges = _learn_merges(word_counts, frozenset(alphabet), merge_count)
    normal = merges + alphabet
    pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)] + normal
    scores = [0.0] * (FIRST_BYTE_ID + 256) + [-float(rank) for rank in range(len(normal))]
    types = [TYPE_UNKNOWN, TYPE_CONTROL, TYPE_CONTROL] + [TYPE_BYTE] * 256 + [TYPE_NORMAL] * len(normal)
    return pieces, scores, types


def _runs(word, alphabet):
    """Parts of a word inside which merging is allowed.

    Letters and punctuation stay apart, so that a word is the same tokens before a full stop as elsewhere. A character
    without a piece of its own must not become part of a piece.
    """
    runs, run, run_is_letters = [], [], None
    for character in word:
        is_letters = run_is_letters if character == SPACE else character.isalpha()
        if run and (character not in alphabet or (run != [SPACE] and is_letters != run_is_letters)):
            runs.append(run)
            run = []
        if character in alphabet:
            run.append(character)
            run_is_letters = is_letters
    return [run for run in runs + [run] if len(run) > 1]


def _learn_merges(word_counts, alphabet, merge_count):
    words, counts = [], []
    for word in sorted(word_counts):
        for run in _runs(word, alphabet):
            words.append(run)
            counts.append(word_counts[word])
    merges, known = [], set()
    while len(merges) < merge_count:
        pair = _best_pair(words, counts)
        piece = pair[0] + pair[1]
        if piece not in known:  # two different splits of one text share its piece
            known.add(piece)
            merges.append(piece)
        words = [_merge_pair(symbols, pair) for symbols in words]
    return merges


class Tokenizer:
    """Encodes and decodes with a vocabulary as stored in a GGUF file."""

    def __init__(self, pieces, scores, types):
        self.pieces = list(pieces)
        self.scores = list(scores)
        self.types = list(types)
        # As in llama.cpp the lookup holds every token; no text of ours spells '<s>' or '<0x41>'.
        self.id_of = {piece: index for index, piece in enumerate(self.pieces)}
        self._word_cache = {}

    def encode(self, text, add_bos=True):
        """The llama.cpp SPM algorithm over the whole text: a leading space is added, spaces become U+2581."""
        ids = [BOS_ID] if add_bos else []
        return ids + self._encode_symbols(SPACE + text.replace(" ", SPACE)) if text else ids

    def encode_document(self, text):
        """Same result as `encode`, word by word with a cache: no piece has a space after its first character."""
        ids = [BOS_ID]
        for word in text.split(" "):
            if word not in self._word_cache:
                self._word_cache[word] = self._encode_symbols(SPACE + word)
            ids += self._word_cache[word]
        return ids + [EOS_ID]

    def _encode_symbols(self, text):
        symbols = list(text)
        left = list(range(-1, len(symbols) - 1))
        right = list(range(1, len(symbols))) + [-1]
        queue = []

        def offer(a, b):
            if a < 0 or b < 0:
                return
            joined = symbols[a] + symbols[b]
            token = self.id_of.get(joined)
            if token is not None:
                heapq.heappush(queue, (-self.scores[token], a, b, joined))

        for index in range(1, len(symbols)):
            offer(index - 1, index)
        while queue:
            _, a, b, joined = heapq.heappop(queue)
            # One of the two was merged elsewhere since this pair was offered.
            if not symbols[a] or not symbols[b] or symbols[a] + symbols[b] != joined:
                continue
            symbols[a], symbols[b] = joined, ""
            right[a] = right[b]
            if right[b] >= 0:
                left[right[b]] = a
            offer(left[a], a)
            offer(a, right[a])
        return [token for symbol in symbols if symbol for token in self._tokens_of(symbol)]

    def _tokens_of(self, symbol):
        token = self.id_of.get(symbol)
        return [token] if token is not None else [FIRST_BYTE_ID + byte for byte in symbol.encode("utf-8")]

    def decode(self, ids):
        """Text of the tokens; control tokens print nothing and the leading space is removed."""
        data = b""
        for token in ids:
            if self.types[token] == TYPE_BYTE:
                data += bytes([token - FIRST_BYTE_ID])
            elif self.types[token] == TYPE_NORMAL:
                data += self.pieces[token].replace(SPACE, " ").encode("utf-8")
        return data.decode("utf-8", errors="replace").removeprefix(" ")
