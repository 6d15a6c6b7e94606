#include "howship/study/place.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

#include "howship/core/files.hpp"
#include "howship/vertebra/seeding.hpp"

namespace howship::study {
namespace {

// A lower floor does not know the study file; its complaint gets the place in the file that led to it.
template <class Work>
auto located(const Study& study, const SourceLocation& where, Work work) {
  try {
    return work();
  } catch (const InputError& error) {
    std::vector<Diagnostic> diagnostics = error.diagnostics();
    for (Diagnostic& diagnostic : diagnostics) {
      if (diagnostic.where.file.empty())
        diagnostic = study.source.diagnostic(where, diagnostic.message, diagnostic.hint);
    }
    throw InputError(std::move(diagnostics));
  }
}

Place make_place(const BuiltInVertebra& built_in) {
  Place place{vertebra::build_vertebra(built_in.shape, built_in.options), {}, {}, {}, built_in.options.seed};
  place.record.kind = "built_in";
  place.record.name = built_in.level;
  return place;
}

Place make_place(const CtVertebra& ct) {
  vertebra::CtImport import = vertebra::import_ct(ct.options);
  Place place{std::move(import.domain), {}, {}, {}, 0};
  place.record.kind = "ct";
  place.record.name = ct.options.image.filename().string();
  place.record.notes = import_notes(import, ct.options);
  for (const auto& label : import.labels) {
    place.record.notes.push_back(
        fmt::format("label {}: {} voxels, mean {:.2f} mg/cm^3, {}", label.label, label.voxels, label.mean_density,
                    label.region ? std::string(vertebra::to_text(*label.region)) : "left out"));
  }
  std::error_code error;
  if (std::filesystem::is_regular_file(ct.options.image, error)) place.digests["ct"] = file_digest(ct.options.image);
  for (const auto& mask : ct.options.masks) place.digests["mask " + mask.filename().string()] = file_digest(mask);
  return place;
}

Place make_place(const Block& block) {
  Place place{vertebra::Domain::block(block.count, block.voxel, block.bvtv), {}, {}, {}, 0};
  place.record.kind = "block";
  place.record.name = fmt::format("{} x {} x {} voxels", block.count[0], block.count[1], block.count[2]);
  return place;
}

Place make_place(const SingleVoxel& voxel) {
  Place place{vertebra::Domain::single(voxel.bvtv), {}, {}, {}, 0};
  place.given["lesion"] = {voxel.lesion};
  place.record.kind = "voxel";
  place.record.name = "0-D";
  return place;
}

}  // namespace

std::vector<std::string> import_notes(const vertebra::CtImport& import, const vertebra::CtOptions& options) {
  std::vector<std::string> notes = import.notes;
  if (!options.calibration) notes.emplace_back("no calibration: the image's values are taken as mg/cm^3");
  if (import.raised > 0)
    notes.push_back(fmt::format("{} voxels below BV/TV {:g} were raised to it", import.raised, options.min_bvtv));
  if (import.lowered > 0)
    notes.push_back(fmt::format("{} voxels above BV/TV {:g} were lowered to it", import.lowered, options.max_bvtv));
  return notes;
}

std::vector<std::vector<double>> Place::given_fields(const std::vector<std::string>& names) const {
  return given_fields(names, {0, domain.size()});
}

std::vector<std::vector<double>> Place::given_fields(const std::vector<std::string>& names,
                                                     const simulation::Slabs::Slab& slab) const {
  std::vector<std::vector<double>> fields;
  for (const std::string& name : names) {
    const std::size_t axis = std::string_view("xyz").find(name);
    std::vector<double>& field = fields.emplace_back(slab.size());
    if (axis == std::string_view::npos) {
      std::copy_n(given.at(name).begin() + static_cast<std::ptrdiff_t>(slab.begin), slab.size(), field.begin());
      continue;
    }
    for (std::size_t v = slab.begin; v < slab.end; ++v)
      field[v - slab.begin] = domain.grid().position(domain.active()[v])[axis];
  }
  return fields;
}

double lattice_estimate(const Vertebra& vertebra) {
  if (const auto* block = std::get_if<Block>(&vertebra)) {
    return static_cast<double>(block->count[0]) * block->count[1] * block->count[2];
  }
  const auto* built_in = std::get_if<BuiltInVertebra>(&vertebra);
  if (built_in == nullptr) return std::holds_alternative<SingleVoxel>(vertebra) ? 1.0 : 0.0;
  const vertebra::VertebraShape& shape = built_in->shape;
  const double width =
      std::max({shape.superior_endplate_width, shape.inferior_endplate_width, shape.transverse_process_span});
  const double depth = std::max(shape.superior_endplate_depth, shape.inferior_endplate_depth) + shape.canal_depth +
                       shape.spinous_process_length;
  const double height = std::max(shape.anterior_height, shape.posterior_height) + shape.superior_facet_height +
                        shape.inferior_facet_height;
  return width * depth * height / std::pow(built_in->options.voxel, 3);
}

Place build_place(const Study& study) {
  Place place = located(study, study.vertebra_where, [&study] {
    return std::visit([](const auto& vertebra) { return make_place(vertebra); }, study.vertebra);
  });
  place.given["bvtv"] = place.domain.bvtv();
  if (!place.given.contains("lesion")) place.given["lesion"].assign(place.domain.size(), 0.0);
  if (study.lesion) {
    const Lesion& lesion = *study.lesion;
    place.given["lesion"] = located(study, lesion.where, [&] {
      return vertebra::seed_lesion(place.domain, {lesion.site, lesion.centre, lesion.radius, lesion.edge});
    });
  }
  place.record.voxels = place.domain.size();
  place.record.spacing = place.domain.grid().spacing;
  place.record.volume = place.domain.volume();
  return place;
}

}  // namespace howship::study
