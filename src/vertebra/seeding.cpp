#include "howship/vertebra/seeding.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include <fmt/format.h>

#include "howship/core/diagnostics.hpp"
#include "howship/core/error.hpp"

#include "vertebra/primitives.hpp"

namespace howship::vertebra {

namespace {

/// The lattice voxel that holds a position, as an active index, or kOutside.
std::int32_t active_at(const Domain& domain, const Vec3& position) {
  const Grid& grid = domain.grid();
  const Vec3 from_origin = position - grid.origin;
  std::array<int, 3> v{};
  for (std::size_t axis = 0; axis < 3; ++axis) {
    const Vec3 direction{grid.direction[axis], grid.direction[3 + axis], grid.direction[6 + axis]};
    const double along = std::round(dot(from_origin, direction) / grid.spacing[axis]);
    if (!(along >= 0.0 && along < grid.size[axis])) return Domain::kOutside;
    v[axis] = static_cast<int>(along);
  }
  return domain.active_index(grid.index(v[0], v[1], v[2]));
}

Vec3 position_of(const Domain& domain, std::size_t voxel) {
  return domain.grid().position(domain.active()[voxel]);
}

/// How many layers of voxels lie between each voxel and the outside, counted through faces, up to a limit.
std::vector<int> layers(const Domain& domain) {
  std::vector<int> depth(domain.size(), 0);
  std::vector<std::size_t> front, next;
  for (std::size_t v = 0; v < domain.size(); ++v) {
    for (int side = 0; side < 6 && depth[v] == 0; ++side) {
      if (domain.neighbour(v, side / 2, side % 2 == 0 ? -1 : 1) != Domain::kOutside) continue;
      depth[v] = 1;
      front.push_back(v);
    }
  }
  for (int layer = 2; !front.empty(); ++layer) {
    next.clear();
    for (const std::size_t v : front) {
      for (int side = 0; side < 6; ++side) {
        const std::int32_t other = domain.neighbour(v, side / 2, side % 2 == 0 ? -1 : 1);
        if (other == Domain::kOutside || depth[static_cast<std::size_t>(other)] != 0) continue;
        depth[static_cast<std::size_t>(other)] = layer;
        next.push_back(static_cast<std::size_t>(other));
      }
    }
    front.swap(next);
  }
  return depth;
}

template <class Condition>
std::optional<Vec3> centroid(const Domain& domain, Condition&& wanted) {
  Vec3 sum{};
  std::size_t count = 0;
  for (std::size_t v = 0; v < domain.size(); ++v) {
    const Vec3 p = position_of(domain, v);
    if (!wanted(v, p)) continue;
    sum = sum + p;
    ++count;
  }
  if (count == 0) return std::nullopt;
  return (1.0 / static_cast<double>(count)) * sum;
}

Vec3 find_pedicle(const Domain& domain, const BodyFrame& body, bool left) {
  constexpr double kBehind = 4.0;  // mm behind the back wall, about the middle of a pedicle
  const double slab = std::max(2.0, *std::max_element(domain.grid().spacing.begin(), domain.grid().spacing.end()));
  // At least a quarter of the way to the side, so that nothing of the midline counts.
  const double aside = 0.25 * (left ? body.reach[1] : body.reach[0]);
  const auto middle = centroid(domain, [&](std::size_t, const Vec3& p) {
    const Vec3 r = p - body.centre;
    const double lateral = left ? dot(r, body.left) : -dot(r, body.left);
    return std::abs(dot(r, body.back) - body.reach[3] - kBehind) <= slab && lateral > aside &&
           dot(r, body.up) > -body.reach[4];
  });
  if (!middle) throw InputError("no pedicle found behind the vertebral body", "give the lesion's centre in mm instead");
  return *middle;
}

}  // namespace

NearestVoxel nearest_voxel(const Domain& domain, const std::array<double, 3>& position) {
  NearestVoxel best{0, std::numeric_limits<double>::infinity()};
  if (const std::int32_t inside = active_at(domain, position); inside != Domain::kOutside) {
    return {static_cast<std::size_t>(inside), norm(position_of(domain, static_cast<std::size_t>(inside)) - position)};
  }
  for (std::size_t v = 0; v < domain.size(); ++v) {
    const double distance = norm(position_of(domain, v) - position);
    if (distance < best.distance) best = {v, distance};
  }
  return best;
}

BodyFrame body_frame(const Domain& domain) {
  BodyFrame body;
  const auto& region = domain.region();
  const bool marked =
      std::find(region.begin(), region.end(), Region::posterior) != region.end() &&
      std::find_if(region.begin(), region.end(), [](Region r) { return r != Region::posterior; }) != region.end();
  std::optional<Vec3> centre, rest;
  if (marked) {
    centre = centroid(domain, [&](std::size_t v, const Vec3&) { return region[v] != Region::posterior; });
    rest = centroid(domain, [&](std::size_t v, const Vec3&) { return region[v] == Region::posterior; });
  } else {
    const auto depth = layers(domain);
    const int deepest = *std::max_element(depth.begin(), depth.end());
    centre = centroid(domain, [&](std::size_t v, const Vec3&) { return 10 * depth[v] >= 8 * deepest; });
    rest = centroid(domain, [](std::size_t, const Vec3&) { return true; });
  }
  body.centre = position_of(domain, nearest_voxel(domain, *centre).active_index);
  body.up = {0, 0, 1};
  Vec3 back{(*rest)[0] - (*centre)[0], (*rest)[1] - (*centre)[1], 0.0};
  // A bone without processes does not say where its back is.
  const double voxel = *std::max_element(domain.grid().spacing.begin(), domain.grid().spacing.end());
  if (norm(back) < voxel) back = {0, 1, 0};
  body.back = unit(back);
  body.left = cross(body.back, body.up);
  const double step = 0.5 * *std::min_element(domain.grid().spacing.begin(), domain.grid().spacing.end());
  const std::array<Vec3, 3> axes{body.left, body.back, body.up};
  for (std::size_t side = 0; side < 6; ++side) {
    const Vec3 ray = (side % 2 == 0 ? -step : step) * axes[side / 2];
    double n = 0.0;
    for (;; n += 1.0) {
      const std::int32_t voxel_there = active_at(domain, body.centre + (n + 1.0) * ray);
      if (voxel_there == Domain::kOutside) break;
      if (marked && region[static_cast<std::size_t>(voxel_there)] == Region::posterior) break;
    }
    body.reach[side] = n * step;
  }
  return body;
}

const std::vector<std::string>& lesion_sites() {
  static const std::vector<std::string> sites{"posterior_body", "central_body", "anterior_body",
                                              "left_body",      "right_body",   "superior_body",
                                              "inferior_body",  "left_pedicle", "right_pedicle"};
  return sites;
}

std::array<double, 3> lesion_centre(const Domain& domain, const std::string& site) {
  const auto& sites = lesion_sites();
  const auto found = std::find(sites.begin(), sites.end(), site);
  if (found == sites.end()) throw InputError(fmt::format("unknown lesion site '{}'", site), did_you_mean(site, sites));
  const BodyFrame body = body_frame(domain);
  constexpr double kTowardsWall = 0.5;  // of the way from the centre to the surface
  Vec3 target = body.centre;
  const auto towards = [&](const Vec3& axis, double reach) { target = target + kTowardsWall * reach * axis; };
  if (site == "right_body") towards(body.left, -body.reach[0]);
  if (site == "left_body") towards(body.left, body.reach[1]);
  if (site == "anterior_body") towards(body.back, -body.reach[2]);
  if (site == "posterior_body") towards(body.back, body.reach[3]);
  if (site == "inferior_body") towards(body.up, -body.reach[4]);
  if (site == "superior_body") towards(body.up, body.reach[5]);
  if (site == "left_pedicle" || site == "right_pedicle") target = find_pedicle(domain, body, site == "left_pedicle");
  return position_of(domain, nearest_voxel(domain, target).active_index);
}

std::vector<double> seed_lesion(const Domain& domain, const LesionOptions& options) {
  if (!(options.radius > 0.0) || !std::isfinite(options.radius)) {
    throw InputError(fmt::format("lesion: the radius is {} mm, expected above 0", options.radius));
  }
  if (!(options.edge >= 0.0 && options.edge <= 2.0 * options.radius)) {
    throw InputError(fmt::format("lesion: the edge is {} mm wide, expected between 0 and twice the radius, {} mm",
                                 options.edge, 2.0 * options.radius));
  }
  const Vec3 centre = options.centre ? *options.centre : lesion_centre(domain, options.site);
  const auto text = [](const Vec3& p) { return fmt::format("({:.4g}, {:.4g}, {:.4g})", p[0], p[1], p[2]); };
  if (!std::all_of(centre.begin(), centre.end(), [](double x) { return std::isfinite(x); })) {
    throw InputError(fmt::format("lesion: the centre {} mm is not a position", text(centre)));
  }
  if (active_at(domain, centre) == Domain::kOutside) {
    const NearestVoxel nearest = nearest_voxel(domain, centre);
    throw InputError(fmt::format("lesion: the centre {} mm lies outside the bone", text(centre)),
                     fmt::format("the nearest bone is at {} mm, {:.3g} mm away; axes are left, back, head",
                                 text(position_of(domain, nearest.active_index)), nearest.distance));
  }
  std::vector<double> out(domain.size());
  bool covered = false;
  for (std::size_t v = 0; v < out.size(); ++v) {
    const double outside = norm(position_of(domain, v) - centre) - options.radius;
    out[v] = options.edge > 0.0 ? smooth_step(0.5 - outside / options.edge) : (outside <= 0.0 ? 1.0 : 0.0);
    covered = covered || out[v] > 0.0;
  }
  if (!covered) {
    throw InputError(fmt::format("lesion: a radius of {} mm covers no voxel centre", options.radius),
                     fmt::format("use at least the voxel size, {} mm", domain.grid().spacing[0]));
  }
  return out;
}

}  // namespace howship::vertebra
