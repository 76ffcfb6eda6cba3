//! The pictures, where the feature `diagram` is on.

use std::path::PathBuf;

use crate::common::{say, shown};

/// The folder of the pictures, and the pictures that were drawn.
pub(crate) struct Pictures {
    #[cfg_attr(not(feature = "diagram"), expect(dead_code, reason = "nothing is drawn"))]
    folder: PathBuf,
    drawn: Vec<PathBuf>,
}

impl Pictures {
    pub(crate) fn new(folder: PathBuf) -> Self {
        Pictures { folder, drawn: Vec::new() }
    }

    pub(crate) fn tell(&self) {
        if self.drawn.is_empty() {
            say!("   With --features diagram there are pictures of all this.");
        } else {
            say!("   The pictures:");
            self.drawn.iter().for_each(|path| say!("   {}", shown(&path.display())));
        }
    }
}

#[cfg(feature = "diagram")]
mod on {
    use consistent_cut::diagram::SpaceTime;

    use super::Pictures;
    use crate::common::files;
    use crate::common::options::OptionError;
    use crate::story::{Result, SNAPSHOT, Story, Told};

    const FOLDER: &str = "--pictures";

    impl Pictures {
        /// Makes sure that they can be written.
        pub(crate) fn check(&self) -> std::result::Result<(), OptionError> {
            files::check(FOLDER, &self.folder.join("picture.svg"))
        }

        /// The run as it was.
        pub(crate) fn draw<P: Told>(
            &mut self,
            name: &str,
            title: &str,
            story: &Story<P>,
        ) -> Result<()> {
            let picture = SpaceTime::new(story.trace()?).snapshot(SNAPSHOT);
            self.write(name, title, picture)
        }

        /// The run in the order in which the recorded state occurs.
        pub(crate) fn draw_rearranged<P: Told>(
            &mut self,
            name: &str,
            title: &str,
            story: &Story<P>,
        ) -> Result<()> {
            let witness = story.trace()?.witness(&story.cut()?)?;
            let picture = SpaceTime::rearranged(&witness).snapshot(SNAPSHOT);
            self.write(name, title, picture)
        }

        fn write(&mut self, name: &str, title: &str, picture: SpaceTime<'_>) -> Result<()> {
            let svg = picture.title(title).to_svg()?;
            let path = self.folder.join(name).with_extension("svg");
            files::write(FOLDER, &path, &svg)?;
            self.drawn.push(path);
            Ok(())
        }
    }
}

#[cfg(not(feature = "diagram"))]
mod off {
    use super::Pictures;
    use crate::common::options::OptionError;
    use crate::story::{Result, Story, Told};

    impl Pictures {
        #[allow(
            clippy::unnecessary_wraps,
            clippy::unused_self,
            reason = "where pictures are drawn it can fail"
        )]
        pub(crate) fn check(&self) -> std::result::Result<(), OptionError> {
            Ok(())
        }

        pub(crate) fn draw<P: Told>(&mut self, _: &str, _: &str, _: &Story<P>) -> Result<()> {
            Ok(())
        }

        pub(crate) fn draw_rearranged<P: Told>(
            &mut self,
            _: &str,
            _: &str,
            _: &Story<P>,
        ) -> Result<()> {
            Ok(())
        }
    }
}
