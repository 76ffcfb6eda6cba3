//! Initiators must reach every node. A choice that does not is refused before anything starts.

use consistent_cut::{
    CoverageError, LinkId, NodeId, SnapshotError, SnapshotOptions, SystemBuilder, Topology,
};

use crate::channel_law;
use crate::ids::node;
use crate::policies::on_both_policies;
use crate::stage::Stage;
use crate::watchdog::finishes;

/// Links without a limit, on which no marker goes back.
fn stage(topology: Topology) -> Stage {
    Stage::set(topology, SystemBuilder::unbounded, |_| {})
}

#[test]
fn markers_go_back_on_links_with_a_capacity_and_on_no_others() {
    finishes(|| {
        on_both_policies(|policy| {
            let settings = |builder: SystemBuilder<_>| {
                builder.marker_policy(policy).link_unbounded(LinkId::new(0))
            };
            let stage = Stage::set(Topology::line(4).unwrap(), settings, |_| {});
            let snapshot = stage.snapshot_with(SnapshotOptions::at([node(0), node(3)])).unwrap();
            channel_law::check(&snapshot);
            assert_eq!(snapshot.initiators(), [node(0), node(3)]);
            assert_eq!(stage.snapshot().unwrap().initiators(), [node(0)], "along links alone");
            let error =
                coverage_error(stage.snapshot_with(SnapshotOptions::at([node(3)])).unwrap_err());
            assert!(
                matches!(error, CoverageError::Unreached { unreached, .. } if unreached == [node(0)])
            );
        });
    });
}

/// The error for these initiators, from both calls that take initiators.
fn refusal(stage: &Stage, initiators: &[NodeId]) -> CoverageError {
    let refused = || stage.snapshot_counts().refused;
    let before = refused();
    let began = stage.begin_snapshot_with(SnapshotOptions::at(initiators)).wait().unwrap_err();
    let waited = stage.snapshot_with(SnapshotOptions::at(initiators)).unwrap_err();
    assert_eq!(began, waited);
    assert_eq!(refused(), before + 2, "they never began");
    coverage_error(began)
}

fn coverage_error(error: SnapshotError) -> CoverageError {
    match error {
        SnapshotError::Coverage(error) => error,
        other => panic!("refused with another reason: {other}"),
    }
}

#[test]
fn initiators_that_leave_nodes_out_are_refused_with_these_nodes() {
    finishes(|| {
        let links = [("Seattle", "Denver"), ("Denver", "Houston"), ("Sunnyvale", "Denver")];
        let stage = stage(Topology::from_named_links(links).unwrap());
        let error = refusal(&stage, &[node(1)]);
        let text = error.to_string();
        let CoverageError::Unreached { unreached, .. } = error else { panic!("{error}") };
        assert_eq!(unreached, [node(0), node(3)]);
        assert!(text.contains("node 0 (Seattle), node 3 (Sunnyvale)"), "{text}");
    });
}

#[test]
fn an_unknown_initiator_is_refused() {
    finishes(|| {
        let stage = stage(Topology::ring(3).unwrap());
        for unknown in [node(3), node(u32::MAX - 1), NodeId::ENVIRONMENT] {
            let error = refusal(&stage, &[node(0), unknown]);
            assert_eq!(error, CoverageError::UnknownNode { node: unknown, nodes: 3 });
        }
    });
}

#[test]
fn no_initiator_is_refused() {
    finishes(|| {
        let stage = stage(Topology::ring(3).unwrap());
        assert_eq!(refusal(&stage, &[]), CoverageError::NoInitiators);
    });
}

#[test]
fn a_refusal_harms_no_later_snapshot() {
    finishes(|| {
        let stage = stage(Topology::line(3).unwrap());
        refusal(&stage, &[node(2)]);
        assert_eq!(stage.checked_snapshot().initiators(), [node(0)]);
    });
}

#[test]
fn two_components_have_an_initiator_each_by_default() {
    finishes(|| {
        on_both_policies(|policy| {
            let links = [(0, 1), (1, 0), (2, 3), (3, 2)];
            let stage = Stage::new(Topology::from_links(4, links).unwrap(), policy);
            assert_eq!(stage.checked_snapshot().initiators(), [node(0), node(2)]);
        });
    });
}

#[test]
fn a_one_way_line_starts_at_its_head() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::line(5).unwrap(), policy);
            assert_eq!(stage.checked_snapshot().initiators(), [node(0)]);
        });
    });
}

#[test]
fn initiators_named_twice_or_in_vain_start_one_snapshot() {
    finishes(|| {
        on_both_policies(|policy| {
            let stage = Stage::new(Topology::line(4).unwrap(), policy);
            for (named, distinct) in
                [(&[0, 0][..], 1), (&[3, 0], 2), (&[0, 1, 2, 3], 4), (&[3, 2, 1, 0, 1], 4)]
            {
                let named: Vec<_> = named.iter().copied().map(NodeId::new).collect();
                let snapshot = stage.snapshot_with(SnapshotOptions::at(&named)).unwrap();
                channel_law::check(&snapshot);
                assert_eq!(snapshot.initiators(), &named[..distinct]);
            }
            assert_eq!(stage.history().len(), 4);
        });
    });
}
