namespace Ksmg.Web;

/// <summary>A part of the page that another package brings: whoever adds it to the services has it mapped with the rest.</summary>
internal interface IPagePart
{
    /// <summary>Where it is below the prefix: a word.</summary>
    string Name { get; }

    void Map(Doors doors);
}
