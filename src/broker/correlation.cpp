#include "broker/correlation.hpp"

namespace ark::broker {
namespace {

views::ListRequest request_for(std::string_view tenant, const items::Filter& filter, std::size_t limit) {
    views::ListRequest request;
    request.tenant = tenant;
    request.session = filter.session;
    request.query = filter.query;
    request.trace = filter.trace;
    request.agent = filter.agent;
    request.team = filter.team;
    request.tool = filter.tool;
    request.model = filter.model;
    request.component = filter.component;
    request.failed = filter.failed;
    request.from = filter.from;
    request.until = filter.until;
    request.limit = limit;
    return request;
}

template <class Row>
stream::Correlation::Row render(const Result<std::optional<Row>>& found) {
    stream::Correlation::Row row;
    if (!found || !*found) return row;
    codec::JsonWriter json(row.json);
    views::write_row(json, **found);
    row.rev = (*found)->rev;
    return row;
}

template <class Row>
std::vector<std::string> ids_of(const Result<views::Page<Row>>& page) {
    std::vector<std::string> ids;
    if (!page) return ids;
    for (const auto& row : page->rows) {
        if constexpr (std::is_same_v<Row, views::TraceRow>) {
            ids.push_back(row.id.hex());
        } else {
            ids.push_back(row.id);
        }
    }
    return ids;
}

class ViewsCorrelation final : public stream::Correlation {
public:
    explicit ViewsCorrelation(views::Views& views) : views_(views) {}

    Offset folded() const override { return views_.folded(); }
    void hurry_behind(Offset seen) override { views_.hurry_to(seen + 1); }
    std::shared_ptr<void> on_folded(std::function<void(Offset)> listener) override {
        return views_.on_folded(std::move(listener));
    }
    items::Context context_of(std::string_view tenant, const items::Item& item) override {
        return views_.context_of(tenant, item);
    }
    bool derives_events(std::string_view tenant, const items::Item& span) override {
        return views_.derives_events(tenant, span);
    }

    Row row(std::string_view topic, std::string_view tenant, std::string_view id) override {
        if (topic == "session") return render(views_.session(tenant, id));
        if (topic == "query") return render(views_.query(tenant, id));
        const auto trace = TraceId::from_hex(id);
        if (topic == "trace" && trace) return render(views_.trace(tenant, *trace));
        return {};
    }

    std::vector<std::string> snapshot(std::string_view topic, std::string_view tenant, const items::Filter& filter,
                                      std::size_t limit) override {
        const auto request = request_for(tenant, filter, limit);
        if (topic == "session") return ids_of(views_.sessions(request));
        if (topic == "query") return ids_of(views_.queries(request));
        if (topic == "trace") return ids_of(views_.traces(request));
        return {};
    }

private:
    views::Views& views_;
};

}  // namespace

std::unique_ptr<stream::Correlation> correlate(views::Views& views) {
    return std::make_unique<ViewsCorrelation>(views);
}

}  // namespace ark::broker
