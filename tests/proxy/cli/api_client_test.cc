#include "proxy/cli/api_client.h"

#include <doctest/doctest.h>

#include <cstdlib>

#include "tests/support/temp_dir.h"

namespace slotway::proxy::cli {

TEST_CASE("the token comes from the file, or else from the environment") {
  const tests::TempDir directory;
  CHECK(read_token("").value() == "");
  ::setenv("SLOTWAY_TOKEN", "of-environment", 1);
  CHECK(read_token("").value() == "of-environment");
  CHECK(read_token(directory.write("token", "of-file\r\nmore\n")).value() == "of-file");
  ::setenv("SLOTWAY_TOKEN", "two\r\nX-Lines: 1", 1);
  CHECK(read_token("").error().message ==
        "SLOTWAY_TOKEN: expected a token: letters, digits, and characters of -._~+/=");
  ::unsetenv("SLOTWAY_TOKEN");
  const std::string missing = directory.file("none");
  CHECK(read_token(missing).error().message ==
        missing + ": No such file or directory: expected the token in its first line");
  const std::string empty = directory.write("empty", "");
  CHECK(read_token(empty).error().message ==
        empty + ": is empty: expected the token in its first line");
  CHECK_FALSE(read_token(directory.write("blank", "\n")).ok());
}

TEST_CASE("who does not answer is named, with what was expected there") {
  ApiClient client("127.0.0.1:1", "");
  const Result<Json> answer = client.get("route", {{"key", "a b\x1b"}});
  REQUIRE_FALSE(answer.ok());
  const std::string& message = answer.error().message;
  CHECK(message.starts_with("http://127.0.0.1:1/api/v1/route?key=a%20b%1B: "));
  CHECK(message.ends_with(": expected a running slotway that listens there (--admin HOST:PORT)"));
}

}  // namespace slotway::proxy::cli
