//! maplibre-rs, headless: bytes of a tile in, a picture out.

use std::panic::{catch_unwind, AssertUnwindSafe};
use std::path::PathBuf;

use maplibre::headless::map::HeadlessMap;
use maplibre::headless::{create_headless_renderer, HeadlessPlugin};
use maplibre::plugin::Plugin;
use maplibre::render::RenderPlugin;
use maplibre::style::layer::{FillPaint, LayerPaint, StyleLayer};
use maplibre::style::Style;
use maplibre::vector::{DefaultVectorTransferables, VectorPlugin, VectorTransferables};

type Tessellated = <DefaultVectorTransferables as VectorTransferables>::LayerTessellated;

/// One colour a layer, which is all this renderer knows, in the order of drawing.
const COLORS: [(&str, [u8; 3]); 9] = [
    ("earth", [0xf3, 0xf2, 0xee]),
    ("landcover", [0xd5, 0xe0, 0xc4]),
    ("landuse", [0xc3, 0xd6, 0xb0]),
    ("water", [0x7f, 0xb0, 0xcd]),
    ("boundaries", [0xa0, 0x50, 0xa0]),
    ("buildings", [0xb5, 0xa8, 0x9a]),
    ("roads", [0x50, 0x50, 0x50]),
    ("pois", [0xc0, 0x30, 0x30]),
    ("places", [0x20, 0x20, 0x20]),
];

pub struct Drawer {
    map: HeadlessMap,
    runtime: tokio::runtime::Runtime,
    /// The renderer writes `frame_N.png` into the current folder, N counting from 0.
    folder: PathBuf,
    frame: usize,
    blank: Vec<u8>,
}

impl Drawer {
    /// Starts the renderer for square pictures of that many pixels.
    pub fn new(side: u32) -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("tile-check-{}", std::process::id()));
        std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
        // Drivers look for a display in this folder, and complain where it is not named.
        if std::env::var_os("XDG_RUNTIME_DIR").is_none() {
            std::env::set_var("XDG_RUNTIME_DIR", &folder);
        }
        let runtime = tokio::runtime::Builder::new_current_thread()
            .build()
            .map_err(|e| e.to_string())?;
        let start = AssertUnwindSafe(|| runtime.block_on(create_headless_renderer(side, None)));
        let (kernel, renderer) =
            catch_unwind(start).map_err(|_| "no Vulkan or GL driver; install mesa-vulkan-drivers")?;
        let plugins: Vec<Box<dyn Plugin<_>>> = vec![
            Box::new(RenderPlugin::default()),
            Box::new(VectorPlugin::<DefaultVectorTransferables>::default()),
            Box::new(HeadlessPlugin::new(true)),
        ];
        let map = HeadlessMap::new(style(), renderer, kernel, plugins).map_err(|e| format!("{e:?}"))?;
        let mut drawer = Self {
            map,
            runtime,
            folder,
            frame: 0,
            blank: Vec::new(),
        };
        drawer.blank = drawer.render(Vec::new())?;
        Ok(drawer)
    }

    /// The tile's layers of these names as a picture: RGB, row by row.
    pub fn draw(&mut self, tile: &[u8], layers: &[&str]) -> Result<Vec<u8>, String> {
        let process = self.map.process_tile(tile.into(), layers);
        let tessellated = catch_unwind(AssertUnwindSafe(|| self.runtime.block_on(process)))
            .map_err(|cause| format!("cannot be tessellated: {}", message(&cause)))?;
        for name in layers {
            let Some(layer) = tessellated.iter().find(|layer| layer.layer_data.name == *name) else {
                return Err(format!("`{name}` cannot be tessellated"));
            };
            if layer.buffer.buffer.indices.is_empty() {
                return Err(format!("`{name}` gives no triangles"));
            }
        }
        self.render(tessellated)
    }

    /// Nothing is on the picture.
    pub fn is_blank(&self, picture: &[u8]) -> bool {
        picture == self.blank
    }

    fn render(&mut self, layers: Vec<Box<Tessellated>>) -> Result<Vec<u8>, String> {
        let here = std::env::current_dir().map_err(|e| e.to_string())?;
        std::env::set_current_dir(&self.folder).map_err(|e| e.to_string())?;
        let drawn = catch_unwind(AssertUnwindSafe(|| self.map.render_tile(layers)));
        std::env::set_current_dir(here).map_err(|e| e.to_string())?;
        drawn.map_err(|cause| format!("cannot be drawn: {}", message(&cause)))?;
        let path = self.folder.join(format!("frame_{}.png", self.frame));
        self.frame += 1;
        let picture = crate::sheet::read(&path)?;
        std::fs::remove_file(&path).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(picture)
    }
}

impl Drop for Drawer {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.folder) {
            eprintln!("tile-check: {}: {error}", self.folder.display());
        }
    }
}

fn style() -> Style {
    let layer = |(i, (name, [r, g, b])): (usize, (&str, [u8; 3]))| StyleLayer {
        // A layer of index 0 lies in the plane that is cut off.
        index: i as u32 + 1,
        id: name.to_owned(),
        paint: Some(LayerPaint::Fill(FillPaint {
            fill_color: Some(csscolorparser::Color::from_rgba8(r, g, b, 255)),
        })),
        source_layer: Some(name.to_owned()),
        ..StyleLayer::default()
    };
    Style {
        layers: COLORS.into_iter().enumerate().map(layer).collect(),
        ..Style::default()
    }
}

fn message(cause: &Box<dyn std::any::Any + Send>) -> &str {
    let text = cause.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("it panicked")
}
