using System.Text;
using Ksmg.Sdk.Packages;

namespace Ksmg.Sdk.Tests;

/// <summary>What a file is by its first bytes, and whose it is by its name.</summary>
public class PackagesContentTests
{
    /// <summary>No UTF-8, but a letter in the code pages of old.</summary>
    private const char Old = 'é';

    [Theory]
    [InlineData("<a", "Html")]
    [InlineData("<z", "Html")]
    [InlineData("<A", "Html")]
    [InlineData("<Z", "Html")]
    [InlineData("<`", "Text")]
    [InlineData("<{", "Text")]
    [InlineData("<@", "Text")]
    [InlineData("<[", "Text")]
    [InlineData("a\u0001", "Unknown")]
    [InlineData("", "Unknown")]
    public void A_page_is_told_from_text_and_text_from_what_is_none(string start, string kind)
        => Assert.Equal(kind, Content.Recognize(Encoding.UTF8.GetBytes(start)).ToString());

    [Theory]
    [InlineData("<!DOCTYPE", "Html")]
    [InlineData("<?xml", "Html")]
    [InlineData("<html>", "Html")]
    [InlineData("<HEAD>", "Html")]
    [InlineData("\r\n<script>", "Html")]
    [InlineData("<meta ", "Html")]
    [InlineData("<p>", "Unknown")]
    [InlineData("page", "Unknown")]
    public void In_an_old_code_page_a_page_is_known_by_its_tags(string start, string kind)
        => Assert.Equal(kind, Content.Recognize(Encoding.Latin1.GetBytes($"{start}{Old} and more")).ToString());

    [Theory]
    [InlineData("a", new byte[] { 0xC3 }, "Text")]
    [InlineData("a", new byte[] { 0xF0, 0x9F, 0x98 }, "Text")]
    [InlineData("a", new byte[] { 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, "Unknown")]
    public void The_last_character_may_be_cut(string text, byte[] end, string kind)
        => Assert.Equal(kind, Content.Recognize([.. Encoding.UTF8.GetBytes(text), .. end]).ToString());

    [Theory]
    [InlineData("__MACOSX", ".DS_Store", ".AppleDouble", ".AppleDB", ".Spotlight-V100", ".Trashes", ".fseventsd", ".TemporaryItems")]
    [InlineData("Network Trash Folder", "Icon\r", "._update.ktgz", ".~update.ktgz")]
    [InlineData("Thumbs.db", "ehthumbs.db", "desktop.ini", "$RECYCLE.BIN", "RECYCLER", "System Volume Information", "~$update.ktgz")]
    [InlineData(".directory", ".Trash", "lost+found", "@eaDir", "#recycle", "#snapshot", ".snapshot")]
    [InlineData(".#update.ktgz", ".Trash-1000", ".nfs0001", ".fuse_hidden0001")]
    public void What_systems_leave_is_nobodys_wherever_it_lies(params string[] names) => Assert.All(names, name =>
    {
        Assert.True(Leftovers.Include(name), name);
        Assert.True(Leftovers.Include($"update\\{name.ToUpperInvariant()}/update.ktgz"), name);
    });

    [Theory]
    [InlineData("update.ktgz")]
    [InlineData("update//update.ktgz")]
    [InlineData("snapshot/my desktop.ini/update.ktgz")]
    public void What_people_name_is_theirs(string name) => Assert.False(Leftovers.Include(name));
}
