namespace Ksmg.Sdk;

/// <summary>When a <see cref="KnownDefect"/> has to be thought of.</summary>
public enum DefectMoment
{
    /// <summary>Before the upgrade.</summary>
    Before,

    /// <summary>While it runs.</summary>
    During,

    /// <summary>After it.</summary>
    After,
}
