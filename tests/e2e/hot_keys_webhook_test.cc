// What the webhook of hot keys is sent, and that one which fails or hangs hurts nobody.

#include <doctest/doctest.h>

#include <nlohmann/json.hpp>

#include "tests/e2e/hot_keys.h"
#include "tests/support/http.h"

namespace slotway::tests {

namespace {

using Json = nlohmann::json;

// tests/e2e/webhook_receiver.py
class Receiver {
 public:
  explicit Receiver(std::vector<std::string> arguments = {}) : process_(started(arguments)) {
    REQUIRE(process_.wait_for_output("\n"));
    port_ = process_.output().substr(5, process_.output().find('\n') - 5);
  }

  std::string url(const std::string& scheme = "http") const {
    return scheme + "://127.0.0.1:" + port_ + "/hook?token=secret";
  }
  Process& process() { return process_; }
  // The lines that were printed of requests.
  std::vector<std::string> requests() const {
    std::vector<std::string> lines;
    std::string text = process_.output();
    for (size_t end; (end = text.find('\n')) != std::string::npos; text.erase(0, end + 1)) {
      if (!text.starts_with("port ")) lines.push_back(text.substr(0, end));
    }
    return lines;
  }
  // The events of all requests so far, each of which must have been one of the webhook.
  std::vector<Json> events() const {
    const std::string head = "/hook?token=secret application/json ";
    std::vector<Json> all;
    for (const std::string& line : requests()) {
      REQUIRE(line.starts_with(head));
      const Json body = Json::parse(line.substr(head.size()));
      CHECK(body["pool"] == "main");
      for (const Json& event : body["events"]) all.push_back(event);
    }
    return all;
  }
  bool is_told(const std::string& event, const std::string& key) const {
    return eventually([&] {
      for (const Json& each : events()) {
        if (each["event"] == event && each["key"] == key) return true;
      }
      return false;
    });
  }

 private:
  static std::vector<std::string> started(const std::vector<std::string>& arguments) {
    std::vector<std::string> all = {"/usr/bin/python3",
                                    SLOTWAY_SOURCE_DIR "/tests/e2e/webhook_receiver.py"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return all;
  }

  Process process_;
  std::string port_;
};

std::string hot_keys_with(const std::string& webhook) {
  return "hot_keys: { detect: true, report: { rate: 1 }, cache: { mode: off }, webhook: \"" +
         webhook + "\" }";
}

const std::string kSent = "slotway_webhook_messages_sent_total";
const std::string kFailed = "slotway_webhook_messages_failed_total";
const std::string kDropped = "slotway_webhook_messages_dropped_total";

}  // namespace

TEST_CASE("webhook: what becomes hot is posted") {
  const Receiver receiver;
  const Cached cached(2, {hot_keys_with(receiver.url())});
  make_hot(cached.proxy, "rose");
  CHECK(receiver.is_told("hot", "rose"));
  make_hot(cached.proxy, "\xff");
  CHECK(receiver.is_told("hot", "/w=="));
  CHECK(receiver.is_told("cool", "rose"));
  CHECK(cached.proxy.metric_reaches(3, kSent));
  CHECK(cached.proxy.metric(kFailed) == 0);
  CHECK(cached.proxy.metric(kDropped) == 0);
}

TEST_CASE("webhook: with redact_keys it and the admin server get hashes, subscribers get keys") {
  const Receiver receiver;
  const Cached cached(1, {"hot_keys: { detect: true, report: { rate: 1 }, redact_keys: true, "
                          "webhook: \"" +
                          receiver.url() + "\" }"});
  RespClient client = cached.proxy.client();
  client.request({"SUBSCRIBE", "__slotway__:hotkeys"});
  client.receive();
  make_hot(cached.proxy, "rose");
  CHECK(Json::parse(client.receive().items.at(2).text)["key"] == "rose");
  REQUIRE(eventually([&] { return !receiver.events().empty(); }));
  const Json event = receiver.events().at(0);
  CHECK(event["encoding"] == "hash");
  CHECK(event["key"].get<std::string>().size() == 16);
  CHECK(client.call({"RESET"}).text == "RESET");
  CHECK(client.call({"HOTKEYS", "PIN", "rose"}).integer() == 1);
  const std::string page = http_get(cached.proxy.admin_port(), "/api/v1/hotkeys").body;
  CHECK(page.find("rose") == std::string::npos);
  const Json pool = Json::parse(page)["pools"][0];
  CHECK(pool["keys"][0]["key"] == event["key"]);
  CHECK(pool["pinned"][0] == Json({{"pattern", event["key"]}, {"encoding", "hash"}}));
}

TEST_CASE("webhook: it is tried again after an error of the server") {
  const Receiver receiver({"500", "503", "200"});
  const Cached cached(1, {hot_keys_with(receiver.url())});
  make_hot(cached.proxy, "rose");
  CHECK(cached.proxy.metric_reaches(1, kSent));
  const std::vector<std::string> requests = receiver.requests();
  REQUIRE(requests.size() == 3);
  CHECK(requests[0] == requests[1]);
  CHECK(requests[1] == requests[2]);
  CHECK(cached.proxy.metric(kFailed) == 0);
}

TEST_CASE("webhook: a redirect is not followed, an error of ours not repeated") {
  for (const char* status : {"302", "307", "308", "404"}) {
    CAPTURE(status);
    const Receiver receiver({status});
    Cached cached(1, {hot_keys_with(receiver.url())});
    make_hot(cached.proxy, "rose");
    CHECK(cached.proxy.metric_reaches(1, kFailed));
    CHECK(receiver.requests().size() == 1);
    CHECK(receiver.events().at(0)["key"] == "rose");
    CHECK(cached.proxy.process().wait_for_output(
        std::string("webhook of pool main: 1 messages are lost: it answers ") + status));
    CHECK(cached.proxy.process().output().find("secret") == std::string::npos);
  }
}

TEST_CASE("webhook: one that hangs slows nobody, and holds up neither a reload nor the end") {
  Receiver hanging;
  hanging.process().suspend();
  RedisServer redis;
  ProxyOptions options{
      .shards = {{"a", redis.address()}}, .pool = {hot_keys_with(hanging.url())}, .workers = 1};
  ProxyProcess proxy(options);
  make_hot(proxy, "rose");
  // It gives up after some seconds, and goes on.
  CHECK(eventually([&] { return proxy.metric(kFailed) >= 1; }, 3 * kLong));
  make_hot(proxy, "tulip");
  CHECK(proxy.client().call({"SET", "a", "b"}).text == "OK");

  const Receiver other;
  options.pool = {hot_keys_with(other.url())};
  CHECK(proxy.reload(options));
  make_hot(proxy, "aster");
  CHECK(other.is_told("hot", "aster"));

  options.pool = {hot_keys_with(hanging.url())};
  CHECK(proxy.reload(options));
  const double before = proxy.metric("slotway_hot_key_messages_total");
  make_hot(proxy, "lily");
  CHECK(proxy.metric_reaches(before + 1, "slotway_hot_key_messages_total"));
  // Sooner than it would give up.
  CHECK(proxy.stop(patience(milliseconds(4000))) == 0);
  proxy.expect_no_more();
}

TEST_CASE("webhook: another one is told of what is hot already") {
  const Receiver first;
  const Receiver second;
  RedisServer redis;
  ProxyOptions options{
      .shards = {{"a", redis.address()}}, .pool = {hot_keys_with(first.url())}, .workers = 1};
  ProxyProcess proxy(options);
  make_hot(proxy, "rose");
  CHECK(first.is_told("hot", "rose"));
  options.pool = {hot_keys_with(second.url())};
  CHECK(proxy.reload(options));
  // It does not cool meanwhile.
  REQUIRE(eventually([&] {
    make_hot(proxy, "rose");
    return !second.events().empty();
  }));
  CHECK(second.events().at(0)["event"] == "hot");
}

TEST_CASE("webhook: nobody is there at first") {
  std::string url;
  {
    const Receiver gone;
    url = gone.url();
  }
  const Cached cached(1, {hot_keys_with(url)});
  make_hot(cached.proxy, "rose");
  CHECK(cached.proxy.metric_reaches(1, kFailed));
  CHECK(cached.proxy.metric(kSent) == 0);
}

TEST_CASE("webhook: a certificate that nobody vouches for is not accepted") {
  const TempDir directory;
  const std::string file = directory.file("both.pem");
  REQUIRE(run_program({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                       "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj",
                       "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", file,
                       "-out", directory.file("cert.pem")})
              .code == 0);
  REQUIRE(run_program({"sh", "-c", "cat " + directory.file("cert.pem") + " >> " + file}).code == 0);
  const Receiver receiver({"cert=" + file});
  Cached cached(1, {hot_keys_with(receiver.url("https"))});
  make_hot(cached.proxy, "rose");
  CHECK(cached.proxy.metric_reaches(1, kFailed));
  CHECK(receiver.requests().empty());
  CHECK(cached.proxy.process().output().find("certificate") != std::string::npos);
}

}  // namespace slotway::tests
