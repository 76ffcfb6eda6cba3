//! The chapters of the guide (`guide/`), so that `cargo test --doc` compiles and runs their code.

macro_rules! chapters {
    ($($chapter:ident $file:literal)*) => {
        $(
            #[doc = include_str!(concat!("../guide/src/", $file))]
            mod $chapter {}
        )*
    };
}

#[cfg(feature = "checkpoint")]
chapters! {
    checkpoints "checkpoints.md"
}

chapters! {
    lecture "lecture.md"
    first_process "first-process.md"
    snapshots "snapshots.md"
    properties "properties.md"
    outside "outside.md"
    recovery "recovery.md"
    testing "testing.md"
    model_checking "loom.md"
    pictures "pictures.md"
    performance "performance.md"
    limits "limits.md"
}
