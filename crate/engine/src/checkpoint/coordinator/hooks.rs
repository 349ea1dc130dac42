//! Hooks of the master: what functions of the job do at the JobMaster with each checkpoint, and keep in it.
//!
//! Contract: hooks are asked after the sources' coordinators and before the tasks, which are told when all of them have
//! answered; one that fails ends the checkpoint. What a hook remembers are its fields, which go to each call and come
//! back from it, so that a run can be stepped back. Flink: `MasterTriggerRestoreHook`, `MasterHooks`,
//! `WithMasterCheckpointHook`.

use std::rc::Rc;

use super::{CheckpointCoordinator, CoordinatorAction};
use crate::base::ids::FunctionId;
use crate::base::own::own_seldom;
use crate::base::prng::Prng;
use crate::checkpoint::failure_reason::CheckpointFailureReason;
use crate::operator::context::OperatorContext;
use crate::operator::function::{Method, UserError, UserFunction, UserFunctions};
use crate::record::Value;
use crate::time::clock;

/// What a hook had: its identifier, the version of its serializer, the state. Flink: `MasterState`.
pub fn parts_of(state: &Value) -> Option<(&Rc<str>, &Value, &Value)> {
    match parts(state)? {
        [Value::String(name), version, state] => Some((name, version, state)),
        _ => None,
    }
}

/// What a hook says when it is asked, and when; null: it has no state.
#[derive(Clone, Debug)]
pub struct HookAnswer {
    pub hook: Rc<str>,
    pub at: u64,
    pub result: Result<Value, Rc<str>>,
}

/// See the module.
#[derive(Clone)]
pub struct MasterHook {
    identifier: Rc<str>,
    hook: Rc<dyn UserFunction>,
    fields: Value,
    random: Prng,
}

impl MasterHook {
    /// The hook of a function, if it has one.
    fn of(function: FunctionId, functions: &dyn UserFunctions) -> Result<Option<Self>, UserError> {
        let Some(hook) = functions.master_hook(function)? else { return Ok(None) };
        let mut hook = Self { identifier: Rc::from(""), hook, fields: Value::Null, random: Prng::default() };
        if let Some([fields, Value::String(identifier)]) = parts(&hook.call(Method::Open, &[], 0)?) {
            (hook.fields, hook.identifier) = (fields.clone(), Rc::clone(identifier));
        }
        if hook.identifier.trim().is_empty() {
            return Err(UserError::new("IllegalArgumentException: The hook has a null or empty id"));
        }
        Ok(Some(hook))
    }

    /// Calls the hook with its fields and these arguments.
    fn call(&mut self, method: Method, with: &[Value], now: u64) -> Result<Value, UserError> {
        let mut arguments = vec![std::mem::take(&mut self.fields)];
        arguments.extend_from_slice(with);
        let mut context = OperatorContext { random: self.random.clone(), ..OperatorContext::default() };
        context.now = clock::processing_time(now);
        let answer = self.hook.call(method, &arguments, &mut context);
        (self.fields, self.random) = (std::mem::take(&mut arguments[0]), context.random);
        if context.emitted.is_empty() && context.effects.is_empty() {
            answer
        } else {
            Err(UserError::new("A hook of the master has no output."))
        }
    }

    /// Flink: `MasterHooks#triggerHook`.
    fn trigger(&mut self, checkpoint: u64, now: u64) -> HookAnswer {
        let name = Rc::clone(&self.identifier);
        let with = [Value::Long(checkpoint as i64), Value::Long(clock::processing_time(now))];
        let told = self.call(Method::TriggerHook, &with, now);
        let mut answer = HookAnswer { hook: Rc::clone(&name), at: now, result: Ok(Value::Null) };
        match told {
            Ok(told) => {
                if let Some([fields, Value::Long(delay), version, state, error]) = parts(&told) {
                    self.fields = fields.clone();
                    answer.at += *delay as u64;
                    answer.result = match (state, error) {
                        (_, Value::String(error)) => Err(format!(
                            "FlinkException: Checkpoint master hook '{name}' produced an exception. Caused by: {error}"
                        )
                        .into()),
                        (Value::Null, _) => Ok(Value::Null),
                        _ => Ok(Value::tuple([Value::String(name), version.clone(), state.clone()])),
                    };
                }
            }
            Err(error) => answer.result = Err(failed("triggering checkpoint master hook", &name, &error)),
        }
        answer
    }

    /// Flink: `MasterHooks#restoreHook`, `#reset`.
    fn go_back(&mut self, method: Method, with: &[Value], now: u64) -> Result<(), Rc<str>> {
        match self.call(method, with, now) {
            Ok(fields) => self.fields = fields,
            Err(error) => {
                let what = if method == Method::RestoreHook {
                    "calling restoreCheckpoint on checkpoint hook"
                } else {
                    "resetting checkpoint master hook"
                };
                return Err(failed(what, &self.identifier, &error));
            }
        }
        Ok(())
    }
}

fn failed(what: &str, hook: &str, error: &UserError) -> Rc<str> {
    let is_told = error.message.starts_with("FlinkException");
    let text = if is_told {
        error.to_string()
    } else {
        format!("FlinkException: Error while {what} '{hook}'. Caused by: {error}")
    };
    text.into()
}

fn parts<const N: usize>(value: &Value) -> Option<&[Value; N]> {
    if let Value::Tuple(parts) = value { (**parts).try_into().ok() } else { None }
}

impl CheckpointCoordinator {
    /// Makes the hooks of these functions anew. Of those with the same identifier the first counts. Flink:
    /// `addMasterHook`.
    pub fn make_hooks(
        &mut self,
        of: impl Iterator<Item = FunctionId>,
        functions: &dyn UserFunctions,
    ) -> Result<(), Rc<str>> {
        self.close_hooks();
        let mut hooks: Vec<MasterHook> = Vec::new();
        for function in of {
            let made = MasterHook::of(function, functions).map_err(|error| {
                Rc::from(format!("Failed to instantiate the checkpoint hook. Caused by: {error}"))
            })?;
            hooks.extend(made.filter(|it| hooks.iter().all(|other| other.identifier != it.identifier)));
        }
        self.hooks = hooks;
        Ok(())
    }

    /// Hooks go back to the newest checkpoint that is kept; without one, to their beginning, as they also do before they
    /// are given the snapshot that the job starts from. Flink: `restoreLatestCheckpointedStateInternal`, `MasterHooks`.
    pub fn restore_hooks(&mut self, now: u64) -> Result<(), Rc<str>> {
        let latest = self.store.latest().cloned();
        if self.hooks.is_empty() {
            return Ok(());
        }
        // Only the start from a snapshot is told of what nobody takes; a job that has done so may start again.
        let starts = self.hooks_start_strictly.take();
        let is_strict = starts == Some(true);
        if starts.is_some() || latest.is_none() {
            self.each_hook(|hook| hook.go_back(Method::ResetHook, &[], now))?;
        }
        let Some(latest) = latest else { return Ok(()) };
        let names = latest.master_states.iter().filter_map(|state| Some(parts_of(state)?.0));
        let unknown = names.into_iter().find(|&name| !self.hooks.iter().any(|hook| hook.identifier == *name));
        if let (true, Some(name)) = (is_strict, unknown) {
            return Err(format!(
                "IllegalStateException: Found state '{name}' which is not resumed by any hook."
            )
            .into());
        }
        if latest.master_states.is_empty() {
            return Ok(());
        }
        self.each_hook(|hook| {
            let held = latest.master_states.iter().filter_map(parts_of);
            let held = held.into_iter().find(|(name, ..)| **name == hook.identifier);
            let state = held.map(|(_, version, state)| Value::tuple([version.clone(), state.clone()]));
            let id = Value::Long(latest.id as i64);
            hook.go_back(Method::RestoreHook, &[id, state.unwrap_or_default()], now)
        })
    }

    fn each_hook(
        &mut self,
        mut call: impl FnMut(&mut MasterHook) -> Result<(), Rc<str>>,
    ) -> Result<(), Rc<str>> {
        self.hooks.iter_mut().try_for_each(&mut call)
    }

    /// Nobody needs the hooks any more; one that cannot be closed is left.
    pub(super) fn close_hooks(&mut self) {
        for hook in &mut self.hooks {
            let _left = hook.call(Method::Close, &[], 0);
        }
    }

    /// Asks the hooks for what they have. Flink: `CheckpointCoordinator#snapshotMasterState`.
    pub(super) fn trigger_hooks(&mut self, checkpoint: u64, now: u64) -> Vec<HookAnswer> {
        self.hooks.iter_mut().map(|hook| hook.trigger(checkpoint, now)).collect()
    }

    /// Takes what hooks have answered by now; after the last of them the tasks are told. Flink:
    /// `triggerCheckpointRequest`.
    pub(super) fn take_hook_answers(&mut self, now: u64) {
        let Some(place) = self.pending.iter().position(|pending| pending.barrier.is_some()) else { return };
        let pending = own_seldom(&mut self.pending[place]);
        let id = pending.id;
        while let Some(place) = pending.hooks.iter().position(|answer| answer.at <= now) {
            match pending.hooks.remove(place).result {
                Ok(Value::Null) => {}
                Ok(state) => pending.master_states.push(state),
                Err(cause) => {
                    self.statistics.report_cause(id, Some(cause));
                    return self.abort(id, now, CheckpointFailureReason::TriggerCheckpointFailure);
                }
            }
        }
        let Some(barrier) = pending.barrier.take_if(|_| pending.hooks.is_empty()) else { return };
        for &task in &pending.plan.trigger {
            self.actions.push(CoordinatorAction::Trigger { task, barrier });
        }
        if pending.is_fully_acknowledged() {
            self.complete(id, now);
        }
    }
}
