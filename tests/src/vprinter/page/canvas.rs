//! White paper that takes dots.

use crate::vprinter::op::Image;

/// One byte a dot, 0 black to 255 white. What lies outside is not drawn.
#[derive(Debug)]
pub(super) struct Canvas {
    width: u32,
    height: u32,
    dots: Vec<u8>,
}

impl Canvas {
    pub(super) fn new(width: u32, height: u32) -> Self {
        Self {
            width,
            height,
            dots: vec![u8::MAX; (width * height) as usize],
        }
    }

    pub(super) fn width(&self) -> u32 {
        self.width
    }

    pub(super) fn height(&self) -> u32 {
        self.height
    }

    pub(super) fn into_dots(self) -> Vec<u8> {
        self.dots
    }

    /// Makes a dot as dark as `value`, unless it is darker.
    pub(super) fn shade(&mut self, x: u32, y: u32, value: u8) {
        if let Some(dot) = self.dot(x, y) {
            *dot = (*dot).min(value);
        }
    }

    /// Blackens a rectangle.
    pub(super) fn fill(&mut self, (x, y): (u32, u32), (width, height): (u32, u32)) {
        for row in y..y + height {
            for column in x..x + width {
                self.shade(column, row, 0);
            }
        }
    }

    /// Turns the dots of a rectangle into their opposite.
    pub(super) fn invert(&mut self, (x, y): (u32, u32), (width, height): (u32, u32)) {
        for row in y..y + height {
            for column in x..x + width {
                if let Some(dot) = self.dot(column, row) {
                    *dot = u8::MAX - *dot;
                }
            }
        }
    }

    /// Draws an image with its upper left corner at a place.
    pub(super) fn image(&mut self, image: &Image, x: u32, y: u32) {
        let (scale_x, scale_y) = (u32::from(image.scale_x), u32::from(image.scale_y));
        let rows = image.height.min(self.height.saturating_sub(y));
        let columns = image.width.min(self.width.saturating_sub(x));
        for row in 0..rows {
            for column in (0..columns).filter(|&column| image.is_black(column, row)) {
                let place = (x + column * scale_x, y + row * scale_y);
                self.fill(place, (scale_x, scale_y));
            }
        }
    }

    /// Turns a rectangle by half.
    pub(super) fn turn(&mut self, x: u32, y: u32, width: u32, height: u32) {
        let width = width.min(self.width.saturating_sub(x));
        let height = height.min(self.height.saturating_sub(y));
        let mut dots = Vec::with_capacity((width * height) as usize);
        for row in y..y + height {
            let start = (row * self.width + x) as usize;
            dots.extend_from_slice(&self.dots[start..start + width as usize]);
        }
        dots.reverse();
        for (row, turned) in (y..).zip(dots.chunks(width.max(1) as usize)) {
            let start = (row * self.width + x) as usize;
            self.dots[start..start + turned.len()].copy_from_slice(turned);
        }
    }

    fn dot(&mut self, x: u32, y: u32) -> Option<&mut u8> {
        let inside = x < self.width && y < self.height;
        inside.then(|| &mut self.dots[(y * self.width + x) as usize])
    }
}
