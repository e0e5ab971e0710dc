#pragma once
#include "views/views.hpp"

#include <algorithm>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <vector>

namespace ark::query::testing {

/// Views that hold what a test puts into them; nothing is folded. Lists show every row in the order given, `limit` at a
/// time.
class FakeViews final : public views::Views {
public:
    std::vector<views::TraceRow> trace_rows;
    std::vector<views::QueryRow> query_rows;
    std::vector<views::SessionRow> session_rows;
    std::vector<views::SpanEntry> spans;  ///< of every trace and session
    std::map<std::string, std::vector<Offset>> session_items;
    items::Context context;
    bool derives = true;
    bool failed = false;
    std::string tenant = "default";  ///< the only one that sees anything
    views::ListRequest last_request;
    std::atomic<std::uint64_t> offsets_found = 0;  ///< what items_of_* handed out

    void fold(Offset until) {
        folded_ = until.value();
        const std::lock_guard lock(mutex_);
        if (listener_) listener_(until);
    }
    bool listened() {
        const std::lock_guard lock(mutex_);
        return static_cast<bool>(listener_);
    }

    void start() override {}
    void stop() override {}
    Offset folded() const override { return Offset{folded_}; }
    void hurry_to(Offset) override {}
    std::shared_ptr<void> on_folded(std::function<void(Offset)> listener) override {
        const std::lock_guard lock(mutex_);
        listener_ = std::move(listener);
        return std::shared_ptr<void>(this, [this](void*) {
            const std::lock_guard unlisten(mutex_);
            listener_ = nullptr;
        });
    }

    Result<std::optional<views::TraceRow>> trace(std::string_view who, const TraceId& id) override {
        return find(who, trace_rows, [&](const auto& row) { return row.id == id; });
    }
    Result<std::optional<views::QueryRow>> query(std::string_view who, std::string_view id) override {
        return find(who, query_rows, [&](const auto& row) { return row.id == id; });
    }
    Result<std::optional<views::SessionRow>> session(std::string_view who, std::string_view id) override {
        return find(who, session_rows, [&](const auto& row) { return row.id == id; });
    }
    Result<views::Page<views::TraceRow>> traces(const views::ListRequest& request) override {
        return page(trace_rows, request);
    }
    Result<views::Page<views::QueryRow>> queries(const views::ListRequest& request) override {
        return page(query_rows, request);
    }
    Result<views::Page<views::SessionRow>> sessions(const views::ListRequest& request) override {
        return page(session_rows, request);
    }
    Result<std::vector<views::SpanEntry>> trace_spans(std::string_view, const TraceId&, std::size_t limit) override {
        return first(limit);
    }
    Result<std::vector<views::SpanEntry>> session_spans(std::string_view, std::string_view,
                                                        std::size_t limit) override {
        return first(limit);
    }
    Result<std::optional<views::SpanEntry>> span(std::string_view who, const TraceId& trace,
                                                 const SpanId& id) override {
        return find(who, spans, [&](const auto& entry) { return entry.trace_id == trace && entry.span_id == id; });
    }
    Result<std::vector<Offset>> items_of_trace(std::string_view who, const TraceId& id, Offset from, Offset until,
                                               std::size_t limit) override {
        return items(who, id.hex(), from, until, limit);
    }
    Result<std::vector<Offset>> items_of_session(std::string_view who, std::string_view id, Offset from, Offset until,
                                                 std::size_t limit) override {
        return items(who, id, from, until, limit);
    }
    Result<std::vector<Offset>> items_of_query(std::string_view who, std::string_view id, Offset from, Offset until,
                                               std::size_t limit) override {
        return items(who, id, from, until, limit);
    }
    items::Context context_of(std::string_view, const items::Item&) override { return context; }
    bool derives_events(std::string_view, const items::Item&) override { return derives; }
    views::ViewsStatus status() override {
        views::ViewsStatus status;
        status.folded = folded();
        status.failed = failed;
        if (failed) status.failure = "fold failed";
        return status;
    }
    Result<std::string> fingerprint() override { return fail(Errc::unsupported, "nothing is folded here"); }

private:
    template <class Row, class Matches>
    Result<std::optional<Row>> find(std::string_view who, const std::vector<Row>& rows, const Matches& matches) {
        const auto found = std::find_if(rows.begin(), rows.end(), matches);
        return who == tenant && found != rows.end() ? std::optional<Row>(*found) : std::nullopt;
    }
    template <class Row>
    Result<views::Page<Row>> page(const std::vector<Row>& rows, const views::ListRequest& request) {
        last_request = request;
        views::Page<Row> out;
        out.at = {Epoch{7}, folded()};
        if (request.tenant != tenant) return out;
        const std::size_t begin = request.after.empty() ? 0 : std::stoul(request.after);
        for (auto i = begin; i < rows.size() && out.rows.size() < request.limit; ++i)
            out.rows.push_back(rows[i]);
        const auto end = begin + out.rows.size();
        if (end < rows.size()) out.next = std::to_string(end);
        return out;
    }
    Result<std::vector<views::SpanEntry>> first(std::size_t limit) {
        auto out = spans;
        if (limit != 0 && out.size() > limit) out.resize(limit);
        return out;
    }
    Result<std::vector<Offset>> items(std::string_view who, std::string_view id, Offset from, Offset until,
                                      std::size_t limit) {
        std::vector<Offset> out;
        const auto known = session_items.find(std::string(id));
        if (who != tenant || known == session_items.end()) return out;
        for (const auto offset : known->second) {
            if (offset >= from && offset < until && out.size() < limit) out.push_back(offset);
        }
        offsets_found += out.size();
        return out;
    }

    std::atomic<std::uint64_t> folded_ = 0;
    std::mutex mutex_;
    std::function<void(Offset)> listener_;
};

}  // namespace ark::query::testing
