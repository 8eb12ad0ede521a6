// The commands that a transaction has queued, one by one: for what looks at each of them.
#pragma once

#include <functional>

#include "proxy/transactions/transaction.h"

namespace slotway::proxy {

void for_each_queued(const Transaction& transaction,
                     const std::function<void(const wire::Command&, wire::Args)>& visit);

}  // namespace slotway::proxy
