#include "proxy/local/latency_report.h"

#include <doctest/doctest.h>

namespace slotway::proxy {

namespace {

constexpr int64_t kBegin = 1'000'000'000;

// Of a redis-server 7.0.15: which sample was that of which second from kBegin on, and what it told
// about them then.
constexpr LatencySeries::Sample kRecorded[] = {
    {0, 11},  {1, 20},   {2, 32},   {3, 7},   {4, 17},  {5, 25},  {6, 15},  {7, 37},   {8, 23},
    {9, 6},   {10, 20},  {11, 15},  {12, 50}, {13, 12}, {14, 11}, {15, 31}, {16, 7},   {17, 7},
    {18, 35}, {19, 12},  {20, 23},  {21, 63}, {22, 35}, {23, 17}, {24, 24}, {25, 43},  {26, 51},
    {27, 76}, {28, 7},   {29, 35},  {30, 7},  {31, 50}, {32, 20}, {33, 20}, {34, 45},  {35, 6},
    {36, 36}, {37, 58},  {38, 7},   {39, 7},  {40, 55}, {41, 20}, {42, 16}, {43, 9},   {44, 57},
    {45, 9},  {46, 50},  {47, 150}, {48, 19}, {49, 23}, {50, 24}, {51, 36}, {52, 12},  {53, 53},
    {54, 51}, {56, 13},  {57, 15},  {58, 35}, {59, 53}, {60, 20}, {61, 17}, {62, 32},  {63, 9},
    {64, 9},  {65, 6},   {66, 7},   {67, 15}, {68, 8},  {69, 12}, {70, 44}, {71, 252}, {72, 56},
    {73, 37}, {74, 230}, {77, 281}, {78, 12}, {79, 20}, {80, 50}, {81, 12}, {82, 33},  {83, 9},
    {84, 20}, {85, 21},  {86, 14},  {87, 30}, {88, 7},  {89, 22}, {90, 37}, {91, 17},  {92, 52},
    {93, 15}, {94, 20},  {95, 44}};

LatencySeries recorded(size_t count) {
  LatencySeries series;
  for (size_t i = 0; i < count; ++i) {
    series.add({kBegin + kRecorded[i].unix_seconds, kRecorded[i].milliseconds});
  }
  return series;
}

bool has(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

}  // namespace

TEST_CASE("a graph is drawn as redis-server draws it") {
  CHECK(draw_latency_graph("command", recorded(1), kBegin) ==
        "command - high 11 ms, low 11 ms (all time high 11 ms)\n"
        "--------------------------------------------------------------------------------\n"
        " \n"
        " \n"
        " \n"
        "_\n"
        " \n"
        "0\n"
        "s\n");
  CHECK(draw_latency_graph("command", recorded(7), kBegin + 6) ==
        "command - high 32 ms, low 7 ms (all time high 32 ms)\n"
        "--------------------------------------------------------------------------------\n"
        "  #    \n"
        " _|  # \n"
        " || o|_\n"
        "o||_|||\n"
        "       \n"
        "6543210\n"
        "sssssss\n");
  CHECK(draw_latency_graph("command", recorded(std::size(kRecorded)), kBegin + 95) ==
        "command - high 281 ms, low 6 ms (all time high 281 ms)\n"
        "--------------------------------------------------------------------------------\n"
        "                                                                      o  _#     \n"
        "                                               _                      |  ||     \n"
        "                           _                   |                      |  ||     \n"
        "__o____o____o__o__o__#o__oo|_o_o__o_o#__#___#_o|___o_#o__o#__o_______o|#o||__o_o\n"
        "                                                                                \n"
        "11111111111111111111111111111111111155555555554444444443333333333222222222111111\n"
        "mmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmmm98765432109876543219876543210987654321876543\n"
        "                                    ssssssssssssssssssssssssssssssssssssssssssss\n"
        "\n"
        "             \n"
        "             \n"
        "             \n"
        "____o__o_#__o\n"
        "             \n"
        "1119876543210\n"
        "210ssssssssss\n"
        "sss          \n");
}

TEST_CASE("ages are told in the largest unit that fits") {
  LatencySeries series;
  for (const int64_t age : {3 * 86400, 86400, 86399, 3600, 3599, 60, 59, 0}) {
    series.add({kBegin - age, 7});
  }
  const std::string graph = draw_latency_graph("loop", series, kBegin);
  CHECK(has(graph, "\n31215150\ndd3h9m9s\n  h m s \n"));
}

TEST_CASE("an event is summed up as by redis-server") {
  WaitSettings settings;
  LatencyEvents events;
  LatencySeries& commands = events.series[static_cast<size_t>(LatencyEvent::kCommand)];
  commands = recorded(7);
  CHECK(has(diagnose_latency(events, settings, kBegin + 6),
            "1. command: 7 latency spikes (average 18ms, mean deviation 6"
            "ms, period 0.86 sec). Worst all time event 32ms.\n"));
  commands = recorded(std::size(kRecorded));
  CHECK(has(diagnose_latency(events, settings, kBegin + 95),
            "1. command: 93 latency spikes (average 34ms, mean deviation "
            "24ms, period 1.02 sec). Worst all time event 281ms.\n"));
}

TEST_CASE("the advice fits the events and the settings") {
  using Name = WaitSettings::Name;
  WaitSettings settings;
  LatencyEvents events;
  const auto told = [&](std::string_view words) {
    return has(diagnose_latency(events, settings, kBegin), words);
  };
  CHECK(told("records no latency events"));
  settings.set(Name::kLatencyMonitorThreshold, 100);
  CHECK(told("Nothing has taken as long"));
  events.series[static_cast<size_t>(LatencyEvent::kLoop)].add({kBegin, 200});
  CHECK(told("1. loop: 1 latency spikes"));
  CHECK(told("thread of the proxy"));
  CHECK_FALSE(told("SLOWLOG"));
  events.series[static_cast<size_t>(LatencyEvent::kFastCommand)].add({kBegin, 200});
  CHECK(told("1. fast-command: 1 latency spikes"));
  CHECK(told("2. loop: 1 latency spikes"));
  CHECK(told("SLOWLOG is off: CONFIG SET slowlog-log-slower-than 100000 makes"));
  settings.set(Name::kSlowLogSlowerThan, 200'000);
  CHECK(told("SLOWLOG has only some of them: CONFIG SET slowlog-log-slower-than 100000 makes"));
  settings.set(Name::kSlowLogSlowerThan, 100'000);
  CHECK(told("SLOWLOG GET has the requests"));
}

}  // namespace slotway::proxy
