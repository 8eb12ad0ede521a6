// Work of an application with hiredis, through the proxy at the port given.

#include <hiredis.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
using Context = std::unique_ptr<redisContext, decltype(&redisFree)>;

struct FreeReply {
  void operator()(redisReply* reply) const { freeReplyObject(reply); }
};
using Reply = std::unique_ptr<redisReply, FreeReply>;

int port = 0;

[[noreturn]] void fail(int line, const std::string& what) {
  std::printf("line %d: %s\n", line, what.c_str());
  std::exit(1);
}

#define EXPECT(condition) \
  if (!(condition)) fail(__LINE__, #condition)

Context connect() { return {redisConnect("127.0.0.1", port), &redisFree}; }

// "+OK", "$text", ":3", "-error", "nil", "[a b]": a reply as one line.
std::string text_of(const redisReply* reply) {
  if (!reply) return "lost";
  switch (reply->type) {
    case REDIS_REPLY_STATUS:
      return "+" + std::string(reply->str, reply->len);
    case REDIS_REPLY_STRING:
      return "$" + std::string(reply->str, reply->len);
    case REDIS_REPLY_ERROR:
      return "-" + std::string(reply->str, reply->len);
    case REDIS_REPLY_INTEGER:
      return ":" + std::to_string(reply->integer);
    case REDIS_REPLY_NIL:
      return "nil";
    default:
      break;
  }
  std::string text = "[";
  for (size_t i = 0; i < reply->elements; ++i) {
    text += (i ? " " : "") + text_of(reply->element[i]);
  }
  return text + "]";
}

template <typename... Args>
std::string call(const Context& context, const char* format, Args... args) {
  const Reply reply(static_cast<redisReply*>(redisCommand(context.get(), format, args...)));
  return text_of(reply.get());
}

std::string next_reply(const Context& context) {
  void* reply = nullptr;
  if (redisGetReply(context.get(), &reply) != REDIS_OK) return "lost";
  const Reply owned(static_cast<redisReply*>(reply));
  return text_of(owned.get());
}

void pipelines(const Context& context) {
  for (int i = 0; i < 1000; ++i) {
    redisAppendCommand(context.get(), "INCR n:%d", i % 10);
    redisAppendCommand(context.get(), "GET %b", "n\0b", size_t{3});
  }
  for (int i = 0; i < 1000; ++i) {
    EXPECT(next_reply(context) == ":" + std::to_string(i / 10 + 1));
    EXPECT(next_reply(context) == "nil");
  }
  EXPECT(call(context, "MGET n:0 none n:9") == "[$100 nil $100]");
  EXPECT(call(context, "LPUSH n:0 x").starts_with("-WRONGTYPE"));
}

void transactions(const Context& context) {
  const Context other = connect();
  EXPECT(call(context, "SET {t}a 1") == "+OK");
  EXPECT(call(context, "WATCH {t}a") == "+OK");
  EXPECT(call(other, "INCR {t}a") == ":2");
  EXPECT(call(context, "MULTI") == "+OK");
  EXPECT(call(context, "SET {t}a 100") == "+QUEUED");
  EXPECT(call(context, "EXEC") == "nil");
  EXPECT(call(context, "WATCH {t}a") == "+OK");
  redisAppendCommand(context.get(), "MULTI");
  redisAppendCommand(context.get(), "INCR {t}a");
  redisAppendCommand(context.get(), "GET {t}a");
  redisAppendCommand(context.get(), "EXEC");
  for (const char* reply : {"+OK", "+QUEUED", "+QUEUED", "[:3 $3]"}) {
    EXPECT(next_reply(context) == reply);
  }
  EXPECT(call(context, "MULTI") == "+OK");
  EXPECT(call(context, "INCR {t}a") == "+QUEUED");
  EXPECT(call(context, "DISCARD") == "+OK");
  EXPECT(call(context, "GET {t}a") == "$3");
}

void blocking(const Context& context) {
  const Context waiting = connect();
  redisAppendCommand(waiting.get(), "BLPOP {t}x {t}y 0");
  int written = 0;
  while (!written) redisBufferWrite(waiting.get(), &written);
  EXPECT(call(context, "RPUSH {t}y v") == ":1");
  EXPECT(next_reply(waiting) == "[${t}y $v]");
  EXPECT(call(waiting, "BZPOPMIN {t}z 0.01") == "nil");
}

void scripts(const Context& context) {
  EXPECT(call(context, "EVAL %s 1 s a", "return {KEYS[1], ARGV[1]}") == "[$s $a]");
  const std::string digest = call(context, "SCRIPT LOAD %s", "return redis.call('INCR', KEYS[1])");
  EXPECT(digest.size() == 41);
  EXPECT(call(context, "EVALSHA %s 1 counted", digest.c_str() + 1) == ":1");
}

void channels(const Context& context) {
  const Context listening = connect();
  EXPECT(call(listening, "SUBSCRIBE news") == "[$subscribe $news :1]");
  EXPECT(call(listening, "PSUBSCRIBE ne*") == "[$psubscribe $ne* :2]");
  EXPECT(call(context, "PUBLISH news hello") == ":2");
  EXPECT(next_reply(listening) == "[$message $news $hello]");
  EXPECT(next_reply(listening) == "[$pmessage $ne* $news $hello]");
}

// Of the proxy that answers now; empty if there is none.
std::string process_id() {
  const Context context = connect();
  if (context->err) return {};
  const std::string info = call(context, "INFO server");
  const size_t at = info.find("process_id:");
  return at == std::string::npos ? std::string() : info.substr(at, info.find('\r', at) - at);
}

void restart(Context& context) {
  EXPECT(call(context, "SET kept yes") == "+OK");
  const std::string before = process_id();
  EXPECT(!before.empty());
  std::puts("restart");
  std::fflush(stdout);
  const auto end = Clock::now() + std::chrono::seconds(30);
  for (std::string now = before; now.empty() || now == before; now = process_id()) {
    EXPECT(Clock::now() < end);
    usleep(50'000);
  }
  EXPECT(call(context, "GET kept") == "lost");  // it was connected to the old one
  EXPECT(redisReconnect(context.get()) == REDIS_OK);
  EXPECT(call(context, "GET kept") == "$yes");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) return 2;
  port = std::atoi(argv[1]);
  Context context = connect();
  EXPECT(!context->err);
  EXPECT(call(context, "FLUSHALL") == "+OK");
  pipelines(context);
  transactions(context);
  blocking(context);
  scripts(context);
  channels(context);
  restart(context);
  std::puts("done");
  return 0;
}
