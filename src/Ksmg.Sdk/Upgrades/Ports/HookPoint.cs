namespace Ksmg.Sdk.Upgrades;

/// <summary>When a hook is called.</summary>
public enum HookPoint
{
    /// <summary>Once, after the preflight and before anything is changed.</summary>
    BeforeRun,

    /// <summary>Before each node, while it still serves: nothing of it is changed yet.</summary>
    BeforeNode,

    /// <summary>After each node that was upgraded: it serves again, was watched, and was approved where the policy asks for that.</summary>
    AfterNode,

    /// <summary>Once, at the end of a run whose preflight was passed: however that end came, an abort included.</summary>
    AfterRun,
}
