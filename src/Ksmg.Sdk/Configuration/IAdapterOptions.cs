namespace Ksmg.Sdk;

/// <summary>Options of an adapter with rules that no attribute can say. Implementing it is optional.</summary>
public interface IAdapterOptions
{
    /// <summary>Sets what follows from the cluster where nothing else is configured; called before the rules are looked at.</summary>
    /// <param name="cluster">The cluster, valid or not.</param>
    void Complete(KsmgOptions cluster)
    {
    }

    /// <summary>Every mistake, each a sentence that begins with the name of a setting.</summary>
    /// <param name="cluster">The cluster, valid or not; <see langword="null"/> where the adapter is made by its constructor.</param>
    IEnumerable<string> FindMistakes(KsmgOptions? cluster);
}
