//! The rules of grading, all in one place.
//!
//! | hop | A | B | C | D |
//! |---|---|---|---|---|
//! | artifact | `SageMaker`'s recorded `ETag` and S3's version agree | one of the two; or one object whose time of modification excludes any change | listing that may have lost versions; or the URI alone | – |
//! | training job, package | content is the same at both ends | one record names it | path or convention | – |
//! | pipeline execution | – | steps or session name it | tag, job name, time | – |
//! | image | two of: the caller's pin, the model registry, the endpoint, ECR | one of them; an immutable tag | a tag whose history may be incomplete; the tag alone | – |
//! | source archive | version listing and a second record | version listing | hash in the path; or the URI alone | – |
//! | data version | version listing over a complete interval and a second record for each object | version listing over a complete interval | listing that may have lost versions; changed while it was read; current objects only; events only | named only in an environment, argument or tag |
//! | commit | one commit alone, or the stated one, holds code of the hash in the path of the job's code | build system that checked it out | `MetadataProperties.CommitId`; the newest of several commits that hold code of that hash | environment, hyperparameter, tag, image tag, log of the job, log of the run that asked for it or pushed its image |
//! | dependencies | – | pip's lines in the job's whole log | pip's lines in part of it | – |
//! | approval | – | registry or the approver's call | – | – |
//! | producing job | – | data events by its role with the versions that were read; or the pipeline's definition | prefix and time | – |
//!
//! A hop that the evidence shows to be absent carries the grade of that evidence. U is for what the evidence can't tell, X for
//! records that contradict each other. No rule gives a better grade for less evidence, except that evidence *against* a claim
//! (a lifecycle rule that may have removed versions, a record that contradicts) lowers it only while it is there.

use super::claim::Grade;

/// Where a version is known from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Knowledge {
    /// A listing of all versions, whole, made after the interval.
    Versions {
        /// Whether versions may have been lost from it, or it is not of the whole interval.
        may_have_lost: bool,
    },
    /// The current object, unchanged since before the interval: for one object that settles its content.
    UnchangedObject,
    /// A list of current objects, all unchanged since before the interval: deleted ones are not in it.
    UnchangedObjects,
    /// Records of writes alone.
    Writes,
    /// Nothing but the name.
    NameOnly,
}

/// Grades a version of one object or of a set of objects.
pub const fn version(known: Knowledge, second_record: bool, changed_meanwhile: bool) -> Grade {
    match known {
        _ if changed_meanwhile => Grade::C,
        Knowledge::Versions { may_have_lost: false } | Knowledge::UnchangedObject if second_record => Grade::A,
        Knowledge::Versions { may_have_lost: false } | Knowledge::UnchangedObject => Grade::B,
        Knowledge::Versions { may_have_lost: true } | Knowledge::UnchangedObjects | Knowledge::Writes | Knowledge::NameOnly => {
            Grade::C
        }
    }
}

/// Who fixed an image's digest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fixer {
    /// The caller wrote the digest.
    Caller,
    /// `SageMaker`'s model registry resolved it at registration.
    Registry,
    /// `SageMaker`'s hosting resolved it at deployment.
    Hosting,
    /// ECR holds or held it.
    Ecr,
}

/// Grades an image by who fixed its digest; `certain` tells whether a single word of ECR about a tag is beyond doubt.
pub fn image(fixers: &std::collections::BTreeSet<Fixer>, certain: bool) -> Grade {
    match fixers.len() {
        0 => Grade::C,
        1 if fixers.contains(&Fixer::Ecr) && !certain => Grade::C,
        1 => Grade::B,
        _ => Grade::A,
    }
}

/// Where a commit is stated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CommitSource {
    /// A build system that checked it out.
    Build,
    /// The dedicated metadata of a package.
    Metadata,
    /// An environment variable.
    Environment,
    /// A hyperparameter.
    Hyperparameter,
    /// A resource tag.
    Tag,
    /// The tag of an image.
    ImageTag,
    /// The job's log.
    Log,
    /// The log of the run that asked for the job or pushed its image.
    RunLog,
}

impl CommitSource {
    /// Returns the grade of a commit stated there: repeating an assertion does not make it better.
    pub const fn grade(self) -> Grade {
        match self {
            Self::Build => Grade::B,
            Self::Metadata => Grade::C,
            _ => Grade::D,
        }
    }

    /// Returns the words for it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Build => "the build system",
            Self::Metadata => "the package's metadata",
            Self::Environment => "the environment",
            Self::Hyperparameter => "a hyperparameter",
            Self::Tag => "a tag",
            Self::ImageTag => "the image's tag",
            Self::Log => "the job's log",
            Self::RunLog => "the log of a run that asked for it or pushed its image",
        }
    }
}

/// How well a commit is known whose code has the hash in the path of a job's code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Holding {
    /// Records state this very commit.
    Stated,
    /// Nobody states one; no other commit of a clone that was searched whole holds that code, and it is no later than the job.
    Alone,
    /// Others hold it as well or may, or it was committed after the job.
    OneOfSeveral,
}

/// Grades a commit whose code has the hash in the path of a job's code.
pub const fn holding(holding: Holding) -> Grade {
    match holding {
        Holding::Stated | Holding::Alone => Grade::A,
        Holding::OneOfSeveral => Grade::C,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn less_evidence_never_grades_better() {
        // In order of falling strength.
        let known = [
            Knowledge::Versions { may_have_lost: false },
            Knowledge::UnchangedObject,
            Knowledge::Versions { may_have_lost: true },
            Knowledge::UnchangedObjects,
            Knowledge::Writes,
            Knowledge::NameOnly,
        ];
        for pair in known.windows(2) {
            for second in [true, false] {
                assert!(version(pair[0], second, false) <= version(pair[1], second, false), "{pair:?}");
                assert!(version(pair[0], second, false) <= version(pair[0], false, false));
                assert!(version(pair[0], second, false) <= version(pair[0], second, true));
            }
        }
    }

    #[test]
    fn one_voice_is_never_an_a() {
        for fixer in [Fixer::Caller, Fixer::Registry, Fixer::Hosting, Fixer::Ecr] {
            assert!(image(&BTreeSet::from([fixer]), true) == Grade::B);
        }
        assert_eq!(image(&BTreeSet::from([Fixer::Ecr]), false), Grade::C);
        assert_eq!(image(&BTreeSet::from([Fixer::Ecr, Fixer::Caller]), false), Grade::A);
        for source in [CommitSource::Environment, CommitSource::Tag, CommitSource::Log, CommitSource::ImageTag] {
            assert_eq!(source.grade(), Grade::D);
        }
    }
}
