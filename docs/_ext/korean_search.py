"""A search that finds Korean.

A Korean word carries its particles (기울기를, 기울기는), so an index of whole words finds little.
This one holds every piece of a word: 기울기를 is found by 기울기, 기울, 울기. From the words of a
query a last particle is taken (학습률은), and what the index lacks is cut at what it has, the
longest piece first: 배치정규화 becomes 배치 and 정규화.
"""

import re
from typing import Any

from sphinx.application import Sphinx
from sphinx.search.en import SearchEnglish

WORDS = re.compile(r"[가-힣]+|[^\W가-힣]+")

SPLIT_QUERY = """
const particle = /(?<=[가-힣]{2})[은는이가을를의에로와과]$/;
const indexed = (word) =>
  [Search._index.terms, Search._index.titleterms].some((terms) => Object.hasOwn(terms, word));
const pieces = (word) => {
  for (let end = word.length; end > 1; end--)
    if (indexed(word.slice(0, end))) {
      const rest = word.slice(end);
      return [word.slice(0, end), ...(rest.length > 1 ? pieces(rest) : [])];
    }
  return [word];
};
var splitQuery = (query) =>
  (query.match(/[가-힣]+|(?:(?![가-힣])[\\p{L}\\p{N}_])+/gu) ?? []).flatMap((word) =>
    /[가-힣]/.test(word) ? pieces(word.replace(particle, "")) : [word],
  );
// Sphinx's own Korean leaves this empty.
document.addEventListener("DOMContentLoaded", () => {
  const found = "Search finished, found one page matching the search query.";
  Documentation.TRANSLATIONS[found] = ["${resultCount}곳에서 찾았습니다."];
});
"""


class KoreanSearch(SearchEnglish):
    lang = "ko"
    language_name = "English"  # of the stemmer
    js_splitter_code = SPLIT_QUERY

    def split(self, input: str) -> list[str]:
        return [piece for word in WORDS.findall(input) for piece in self.pieces(word)]

    @staticmethod
    def pieces(word: str) -> set[str]:
        if not "가" <= word[0] <= "힣":
            return {word}
        size = len(word)
        return {word[i:j] for i in range(size) for j in range(i + 1, size + 1)}


def setup(app: Sphinx) -> dict[str, Any]:
    app.add_search_language(KoreanSearch)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
