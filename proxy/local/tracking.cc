// CLIENT TRACKING, CACHING, GETREDIR, TRACKINGINFO: tracking.h carries them out.

#include <string>
#include <vector>

#include "proxy/local/local_commands.h"
#include "proxy/local/tracking_start.h"
#include "wire/number.h"
#include "wire/text.h"

namespace slotway::proxy {

namespace {

constexpr std::string_view kSyntaxError = "ERR syntax error";
constexpr std::string_view kNoOverlap = "'. Prefixes for a single client must not overlap.";

bool overlap(std::string_view a, std::string_view b) {
  return a.starts_with(b) || b.starts_with(a);
}

// The words behind ON or OFF; empty, or what is wrong.
std::string parse(wire::Args words, TrackingOptions& options, std::vector<std::string>& prefixes) {
  for (size_t i = 0; i < words.size(); ++i) {
    const std::string_view word = words[i];
    const bool has_value = i + 1 < words.size();
    if (wire::equal_ignoring_case(word, "redirect") && has_value) {
      if (options.redirect != 0) return "ERR A client can only redirect to a single other client";
      const auto id = wire::parse_integer(words[++i]);
      if (!id) return "ERR value is not an integer or out of range";
      options.redirect = static_cast<uint64_t>(*id);
      if (*id <= 0) return "ERR The client ID you want redirect to does not exist";
    } else if (wire::equal_ignoring_case(word, "bcast")) {
      options.broadcasts = true;
    } else if (wire::equal_ignoring_case(word, "optin")) {
      options.opts_in = true;
    } else if (wire::equal_ignoring_case(word, "optout")) {
      options.opts_out = true;
    } else if (wire::equal_ignoring_case(word, "noloop")) {
      options.skips_own = true;
    } else if (wire::equal_ignoring_case(word, "prefix") && has_value) {
      prefixes.emplace_back(words[++i]);
    } else {
      return std::string(kSyntaxError);
    }
  }
  return {};
}

// What does not fit together, or to what is on already; empty if all does. Redis's words.
std::string conflict(const TrackingOptions& options, const std::vector<std::string>& prefixes,
                     const TrackingOptions* now) {
  if (!options.broadcasts && !prefixes.empty()) {
    return "ERR PREFIX option requires BCAST mode to be enabled";
  }
  if (now && now->broadcasts != options.broadcasts) {
    return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and "
           "then re-enabling it with a different mode.";
  }
  if (options.broadcasts && (options.opts_in || options.opts_out)) {
    return "ERR OPTIN and OPTOUT are not compatible with BCAST";
  }
  if (options.opts_in && options.opts_out) {
    return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  }
  if (now && ((options.opts_in && now->opts_out) || (options.opts_out && now->opts_in))) {
    return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and "
           "then re-enabling it with a different mode.";
  }
  for (size_t i = 0; i < prefixes.size(); ++i) {
    const std::string prefix = "ERR Prefix '" + wire::excerpt(prefixes[i]);
    for (const std::string& other : now ? now->prefixes : decltype(now->prefixes){}) {
      if (overlap(prefixes[i], other)) {
        return prefix + "' overlaps with an existing prefix '" + wire::excerpt(other) +
               std::string(kNoOverlap);
      }
    }
    for (size_t j = i + 1; j < prefixes.size(); ++j) {
      if (overlap(prefixes[i], prefixes[j])) {
        return prefix + "' overlaps with another provided prefix '" + wire::excerpt(prefixes[j]) +
               std::string(kNoOverlap);
      }
    }
  }
  return {};
}

void client_tracking(const LocalCall& call) {
  TrackingOptions options;
  std::vector<std::string> prefixes;
  const std::string problem = parse(call.args.subspan(3), options, prefixes);
  if (!problem.empty()) return call.error(problem);
  Session& session = call.session;
  const Tracking* const tracking = session.tracking();
  if (wire::equal_ignoring_case(call.args[2], "off")) {
    if (tracking && !call.may_change_connections()) return;
    if (tracking && session.transaction()) return call.error(kBehindWatch);
    session.stop_tracking();
    return call.ok();
  }
  if (!wire::equal_ignoring_case(call.args[2], "on")) return call.error(kSyntaxError);
  const bool is_on = tracking && tracking->is_on();
  const std::string clash = conflict(options, prefixes, is_on ? &tracking->options() : nullptr);
  if (!clash.empty()) return call.error(clash);
  options.prefixes.insert(prefixes.begin(), prefixes.end());
  start_tracking(call, options);
}

void client_caching(const LocalCall& call) {
  Tracking* const tracking = call.session.tracking();
  if (!tracking) {
    return call.error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        "OPTOUT mode enabled");
  }
  if (wire::equal_ignoring_case(call.args[2], "yes")) {
    if (!tracking->options().opts_in) {
      return call.error(
          "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
    }
  } else if (wire::equal_ignoring_case(call.args[2], "no")) {
    if (!tracking->options().opts_out) {
      return call.error(
          "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
    }
  } else {
    return call.error(kSyntaxError);
  }
  tracking->note_caching();
  call.ok();
}

int64_t redirection(const Tracking* tracking) {
  return tracking ? static_cast<int64_t>(tracking->options().redirect) : -1;
}

void client_getredir(const LocalCall& call) {
  call.reply(
      [&](wire::ReplyWriter& writer) { writer.integer(redirection(call.session.tracking())); });
}

void client_trackinginfo(const LocalCall& call) {
  const Tracking* const tracking = call.session.tracking();
  const TrackingOptions options = tracking ? tracking->options() : TrackingOptions();
  std::vector<std::string_view> flags = {tracking ? "on" : "off"};
  if (options.broadcasts) flags.push_back("bcast");
  if (options.opts_in) flags.push_back("optin");
  if (options.opts_in && tracking->caching()) flags.push_back("caching-yes");
  if (options.opts_out) flags.push_back("optout");
  if (options.opts_out && tracking->caching()) flags.push_back("caching-no");
  if (options.skips_own) flags.push_back("noloop");
  if (tracking && tracking->is_broken()) flags.push_back("broken_redirect");
  call.reply([&](wire::ReplyWriter& writer) {
    writer.map(3);
    writer.bulk("flags");
    writer.set(flags.size());
    for (const std::string_view flag : flags) writer.bulk(flag);
    writer.bulk("redirect");
    writer.integer(redirection(tracking));
    writer.bulk("prefixes");
    writer.array(options.prefixes.size());
    for (const std::string& prefix : options.prefixes) writer.bulk(prefix);
  });
}

constexpr LocalBinding kBindings[] = {
    {"client|tracking", &client_tracking},
    {"client|caching", &client_caching},
    {"client|getredir", &client_getredir},
    {"client|trackinginfo", &client_trackinginfo},
};

}  // namespace

std::span<const LocalBinding> tracking_bindings() { return kBindings; }

}  // namespace slotway::proxy
