#include "wire/secret_arguments.h"

#include <algorithm>

#include "wire/text.h"

namespace slotway::wire {

namespace {

using Words = std::vector<std::string_view>;

void hide(Words& words, size_t from, size_t count) {
  for (size_t i = from; count > 0 && i < words.size(); ++i, --count) words[i] = kRedacted;
}

constexpr std::string_view kSecretSettings[] = {
    "admin-token", "masterauth",        "masteruser",
    "requirepass", "tls-key-file-pass", "tls-client-key-file-pass",
};

}  // namespace

bool is_secret_setting(std::string_view name) {
  return std::ranges::any_of(kSecretSettings, [name](std::string_view secret) {
    return equal_ignoring_case(name, secret);
  });
}

Words without_secrets(const CommandSpec& spec, Args args,
                      bool (*is_secret_setting)(std::string_view name)) {
  Words words(args.begin(), args.end());
  for (const SecretSpec& secret : spec.secrets) {
    const auto from = static_cast<size_t>(secret.from);
    const auto values = static_cast<size_t>(secret.values);
    switch (secret.kind) {
      case SecretSpec::Kind::kRest:
        hide(words, from, words.size());
        break;
      case SecretSpec::Kind::kOption:
        for (size_t i = from; i < words.size(); ++i) {
          if (!equal_ignoring_case(words[i], secret.option)) continue;
          hide(words, i + 1, values);
          i += values;
        }
        break;
      case SecretSpec::Kind::kSettings:
        for (size_t i = from; i + 1 < words.size(); i += 2) {
          if (!is_secret_setting || is_secret_setting(words[i])) hide(words, i + 1, 1);
        }
        break;
    }
  }
  return words;
}

}  // namespace slotway::wire
