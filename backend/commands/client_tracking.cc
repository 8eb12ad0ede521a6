// The CLIENT family, as far as it is about tracking: TRACKING, CACHING, TRACKINGINFO, GETREDIR.

#include <algorithm>
#include <string>
#include <vector>

#include "backend/commands/bindings.h"

namespace slotway::backend {

namespace {

struct Options {
  ClientTracking wanted;
  std::vector<std::string_view> prefixes;  // as they were given, in order
};

std::optional<Options> parse_options(const Call& call) {
  Options options;
  ClientTracking& wanted = options.wanted;
  for (size_t i = 3; i < call.args.size(); ++i) {
    const bool has_value = i + 1 < call.args.size();
    if (call.is(i, "redirect") && has_value) {
      if (wanted.redirect != 0) {
        call.reply.error("ERR A client can only redirect to a single other client");
        return std::nullopt;
      }
      const auto id = call.integer(++i);
      if (!id) return std::nullopt;
      if (!call.store.clients.find_open(static_cast<uint64_t>(*id))) {
        call.reply.error("ERR The client ID you want redirect to does not exist");
        return std::nullopt;
      }
      wanted.redirect = static_cast<uint64_t>(*id);
    } else if (call.is(i, "bcast")) {
      wanted.broadcast = true;
    } else if (call.is(i, "optin")) {
      wanted.opt_in = true;
    } else if (call.is(i, "optout")) {
      wanted.opt_out = true;
    } else if (call.is(i, "noloop")) {
      wanted.no_loop = true;
    } else if (call.is(i, "prefix") && has_value) {
      options.prefixes.push_back(call.args[++i]);
    } else {
      call.reply.error(kSyntaxError);
      return std::nullopt;
    }
  }
  return options;
}

// What is wrong with these options for this client, or empty.
std::string_view conflict_of(const Options& options, const ClientTracking* current) {
  const ClientTracking& wanted = options.wanted;
  if (!wanted.broadcast && !options.prefixes.empty()) {
    return "ERR PREFIX option requires BCAST mode to be enabled";
  }
  if (current && current->broadcast != wanted.broadcast) {
    return "ERR You can't switch BCAST mode on/off before disabling tracking for this client, and "
           "then re-enabling it with a different mode.";
  }
  if (wanted.broadcast && (wanted.opt_in || wanted.opt_out)) {
    return "ERR OPTIN and OPTOUT are not compatible with BCAST";
  }
  if (wanted.opt_in && wanted.opt_out) {
    return "ERR You can't specify both OPTIN mode and OPTOUT mode";
  }
  if (current && ((wanted.opt_in && current->opt_out) || (wanted.opt_out && current->opt_in))) {
    return "ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and "
           "then re-enabling it with a different mode.";
  }
  return {};
}

bool overlap(std::string_view a, std::string_view b) {
  return a.starts_with(b) || b.starts_with(a);
}

// Empty, or the error for two prefixes of one client of which one begins with the other.
std::string overlap_of(const std::vector<std::string_view>& prefixes,
                       const ClientTracking* current) {
  const auto error = [](std::string_view prefix, std::string_view kind, std::string_view other) {
    return "ERR Prefix '" + wire::excerpt(prefix) + "' overlaps with " + std::string(kind) +
           " prefix '" + wire::excerpt(other) + "'. Prefixes for a single client must not overlap.";
  };
  for (size_t i = 0; i < prefixes.size(); ++i) {
    if (current) {
      for (const std::string& other : current->prefixes) {
        if (overlap(other, prefixes[i])) return error(prefixes[i], "an existing", other);
      }
    }
    for (size_t j = i + 1; j < prefixes.size(); ++j) {
      if (overlap(prefixes[i], prefixes[j])) {
        return error(prefixes[i], "another provided", prefixes[j]);
      }
    }
  }
  return {};
}

void tracking(Call& call) {
  auto options = parse_options(call);
  if (!options) return;
  if (call.is(2, "off")) {
    call.store.tracking.disable(call.client);
    return call.reply.ok();
  }
  if (!call.is(2, "on")) return call.reply.error(kSyntaxError);
  const ClientTracking* const current = call.client.tracking.get();
  if (const std::string_view conflict = conflict_of(*options, current); !conflict.empty()) {
    return call.reply.error(conflict);
  }
  if (const std::string error = overlap_of(options->prefixes, current); !error.empty()) {
    return call.reply.error(error);
  }
  options->wanted.prefixes.insert(options->prefixes.begin(), options->prefixes.end());
  call.store.tracking.enable(call.client, std::move(options->wanted));
  call.reply.ok();
}

void caching(Call& call) {
  ClientTracking* const mine = call.client.tracking.get();
  if (!mine) {
    return call.reply.error(
        "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or "
        "OPTOUT mode enabled");
  }
  const bool yes = call.is(2, "yes");
  if (!yes && !call.is(2, "no")) return call.reply.error(kSyntaxError);
  if (yes && !mine->opt_in) {
    return call.reply.error(
        "ERR CLIENT CACHING YES is only valid when tracking is enabled in OPTIN mode.");
  }
  if (!yes && !mine->opt_out) {
    return call.reply.error(
        "ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.");
  }
  mine->caching = true;
  call.reply.ok();
}

int64_t redirection(const Client& client) {
  return client.tracking ? static_cast<int64_t>(client.tracking->redirect) : -1;
}

void getredir(Call& call) { call.reply.integer(redirection(call.client)); }

void trackinginfo(Call& call) {
  static const ClientTracking kOff;
  const ClientTracking* const mine = call.client.tracking.get();
  const ClientTracking& state = mine ? *mine : kOff;
  std::vector<std::string_view> flags = {mine ? "on" : "off"};
  if (state.broadcast) flags.push_back("bcast");
  if (state.opt_in) flags.push_back("optin");
  if (state.opt_in && state.caching) flags.push_back("caching-yes");
  if (state.opt_out) flags.push_back("optout");
  if (state.opt_out && state.caching) flags.push_back("caching-no");
  if (state.no_loop) flags.push_back("noloop");
  if (state.redirect_is_broken) flags.push_back("broken_redirect");
  call.reply.map(3);
  call.reply.bulk("flags");
  call.reply.set(flags.size());
  for (const std::string_view flag : flags) call.reply.bulk(flag);
  call.reply.bulk("redirect");
  call.reply.integer(redirection(call.client));
  call.reply.bulk("prefixes");
  call.reply.array(state.prefixes.size());
  for (const std::string& prefix : state.prefixes) call.reply.bulk(prefix);
}

constexpr Binding kBindings[] = {
    {"client|tracking", &tracking},
    {"client|caching", &caching},
    {"client|getredir", &getredir},
    {"client|trackinginfo", &trackinginfo},
};

}  // namespace

std::span<const Binding> client_tracking_bindings() { return kBindings; }

}  // namespace slotway::backend
