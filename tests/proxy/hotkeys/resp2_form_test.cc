#include "proxy/hotkeys/resp2_form.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

TEST_CASE("resp2 form: what is the same in both") {
  for (const char* const reply :
       {"+OK\r\n", ":-12\r\n", "$0\r\n\r\n", "$4\r\n_\r\n#\r\n", "*0\r\n", "-ERR no\r\n",
        "*2\r\n$2\r\n,1\r\n:5\r\n", "*2\r\n*1\r\n$1\r\na\r\n*0\r\n",
        "*1\r\n*2\r\n$3\r\n1-1\r\n*2\r\n$1\r\nf\r\n$3\r\n,,,\r\n"}) {
    CHECK(resp2_form(reply) == reply);
  }
}

TEST_CASE("resp2 form: each type of RESP3") {
  CHECK(resp2_form("_\r\n") == "$-1\r\n");
  CHECK(resp2_form("_\r\n", /*null_arrays=*/true) == "*-1\r\n");
  CHECK(resp2_form("#t\r\n") == ":1\r\n");
  CHECK(resp2_form("#f\r\n") == ":0\r\n");
  CHECK(resp2_form(",1.5\r\n") == "$3\r\n1.5\r\n");
  CHECK(resp2_form(",-inf\r\n") == "$4\r\n-inf\r\n");
  CHECK(resp2_form("(123\r\n") == "$3\r\n123\r\n");
  CHECK(resp2_form("=7\r\ntxt:a\r\n\r\n") == "$3\r\na\r\n\r\n");
  CHECK(resp2_form("!6\r\nERR no\r\n") == "-ERR no\r\n");
  CHECK(resp2_form("~2\r\n$1\r\na\r\n_\r\n") == "*2\r\n$1\r\na\r\n$-1\r\n");
  CHECK(resp2_form("%2\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n%0\r\n") ==
        "*4\r\n$1\r\na\r\n:1\r\n$1\r\nb\r\n*0\r\n");
  CHECK(resp2_form("*2\r\n~1\r\n,1\r\n%1\r\n$1\r\na\r\n#t\r\n") ==
        "*2\r\n*1\r\n$1\r\n1\r\n*2\r\n$1\r\na\r\n:1\r\n");
}

TEST_CASE("resp2 form: members with their scores are one flat array") {
  CHECK(resp2_form("*2\r\n*2\r\n$1\r\na\r\n,1\r\n*2\r\n$3\r\n\r\n,\r\n,inf\r\n") ==
        "*4\r\n$1\r\na\r\n$1\r\n1\r\n$3\r\n\r\n,\r\n$3\r\ninf\r\n");
  // Not so where a server of RESP2 nests, too.
  CHECK(resp2_form("*1\r\n*2\r\n,1\r\n,2\r\n") == "*1\r\n*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
  CHECK(resp2_form("*1\r\n*2\r\n$1\r\na\r\n$3\r\n1.5\r\n") ==
        "*1\r\n*2\r\n$1\r\na\r\n$3\r\n1.5\r\n");
  CHECK(resp2_form("*1\r\n*2\r\n$1\r\na\r\n*2\r\n,1\r\n,2\r\n") ==
        "*1\r\n*2\r\n$1\r\na\r\n*2\r\n$1\r\n1\r\n$1\r\n2\r\n");
}

}  // namespace slotway::proxy
