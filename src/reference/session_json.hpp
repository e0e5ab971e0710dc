#pragma once
#include "reference/reads.hpp"

#include <string>
#include <string_view>

namespace ark::reference {

/// A session with its queries, conversations and participants, in the reference's words. Reads its queries; blocks.
Result<std::string> session_json(const Reads& reads, std::string_view place, const SessionRow& session);

/// Sessions that pass the request's filters, sorted and cut to its page, with the counts of all that pass.
Result<SessionsPage> sessions_page(const Reads& reads, const SessionsRequest& request);

}  // namespace ark::reference
