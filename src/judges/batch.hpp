#pragma once
#include "judges/finding.hpp"
#include "resources/store.hpp"

#include <functional>
#include <stop_token>
#include <string>
#include <vector>

namespace ark::judges {

/// One evaluation of a batch.
struct Child {
    resources::ObjectName name;
    codec::JsonValue object;    ///< to be created; null: it is there already
    std::string phase;          ///< as far as is known; empty: not begun
    codec::JsonValue status{};  ///< of one that has ended
};

/// What a batch consists of: `items`, each over `template`; one Evaluation over `template` for each Query that
/// `querySelector` selects; and those that `evaluations` names. Names are the same each time, so that a controller that
/// goes on finds what was created before. Errors: bad_argument (nothing, too much, a batch in a batch).
awaitable<Result<std::vector<Child>>> children_of(resources::ResourceStore& store, resources::ResourcePtr batch);
inline constexpr std::size_t children_max = 1'000;

/// Creates them and waits until they have ended, `concurrency` at a time. After one that ends in error no more are
/// begun, unless the batch says `continueOnFailure`. `told` is called after each. Errors: stopped; those of the store.
awaitable<Status> run_children(resources::ResourceStore& store, resources::ResourcePtr batch,
                               std::vector<Child>& children, std::function<awaitable<void>()> told,
                               std::stop_token stop);

/// Those that it created and that have not ended are canceled: nobody waits for them any more.
awaitable<void> cancel_children(resources::ResourceStore& store, const std::vector<Child>& children);

/// status.batchProgress: {total, completed, failed, running, childEvaluations}.
codec::JsonValue progress_of(const std::vector<Child>& children);
/// The score is the mean of the scores there are; passed when all have passed; tokens are added up. An error unless
/// `continueOnFailure` when one ended in error.
Finding finding_of(const std::vector<Child>& children, bool continue_on_failure);

}  // namespace ark::judges
