// Session: who its client is, and what that allows.
#include "metrics/log.h"
#include "proxy/session.h"

namespace slotway::proxy {

void Session::let_in(const Users& users, Login login) {
  login_ = login;
  access_ = login.is_nobody()          ? Access::kNone
            : users.is_readonly(login) ? Access::kReadonly
                                       : Access::kAll;
  update_guard();
}

bool Session::log_in(std::string_view user, std::string_view password) {
  const Users& users = pool_.settings().users;
  const std::optional<Login> login = users.check(user, password);
  if (!login) {
    note_refused(user);
    return false;
  }
  let_in(users, *login);
  audit("is user '" + std::string(user) + "'");
  return true;
}

// A name that is unknown may be a password in its place.
void Session::note_refused(std::string_view user) const {
  static metrics::log::RateLimited log(10, std::chrono::seconds(1));
  const bool is_known = pool_.settings().users.has(user);
  const std::string whom = is_known ? "user '" + std::string(user) + "'" : "an unknown user";
  log.write(metrics::log::Level::kWarn, "client {} at {} of pool {}: authentication failed for {}",
            id_, connection_->peer_name(), pool_.settings().name, whom);
  audit("has not been let in as " + whom);
}

void Session::audit(std::string_view what) const {
  if (!metrics::log::audits()) return;
  metrics::log::audit(fmt::format("client {} at {} of pool {} {}", id_, connection_->peer_name(),
                                  pool_.settings().name, what));
}

void Session::log_out() { let_in(pool_.settings().users, pool_.settings().users.initial()); }

void Session::change_settings(const Users& next) {
  leave_ordinary();
  let_in(next, next.carry_over(pool_.settings().users, login_));
}

const wire::RequestLimits& Session::limits() const {
  return may_ask() ? pool_.settings().request_limits : pool_.settings().guest_limits;
}

}  // namespace slotway::proxy
